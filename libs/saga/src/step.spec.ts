import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { nextStepStatus, type StepEvent, type StepStatus } from './step.js';

const STATUSES: readonly StepStatus[] = ['never_started', 'started', 'awaiting_retry', 'succeeded', 'failed'];
const EVENTS: readonly StepEvent[] = ['started', 'succeeded', 'failed', 'retry_scheduled'];

/** The whole table, written out; everything else is illegal. */
const LEGAL: readonly string[] = [
  'never_started -started-> started',
  'started -succeeded-> succeeded',
  'started -failed-> failed',
  'failed -retry_scheduled-> awaiting_retry',
  'awaiting_retry -started-> started',
];

describe('the automaton of a step', () => {
  it('knows exactly these moves', () => {
    const moves = STATUSES.flatMap((status) =>
      EVENTS.map((event) => [status, event, nextStepStatus(status, event)] as const),
    );
    const legal = moves
      .filter(([, , next]) => next !== undefined)
      .map(([from, event, next]) => `${from} -${event}-> ${next}`);
    expect([...legal].sort((a, b) => a.localeCompare(b))).toEqual([...LEGAL].sort((a, b) => a.localeCompare(b)));
  });

  it('never leaves its table, ends for good when it succeeds, and has one outcome per start', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...EVENTS), { maxLength: 40 }), (events) => {
        let status: StepStatus = 'never_started';
        let starts = 0;
        let outcomes = 0;
        for (const event of events) {
          const next = nextStepStatus(status, event);
          if (next === undefined) continue;
          expect(status).not.toBe('succeeded');
          expect(STATUSES).toContain(next);
          if (event === 'started') starts += 1;
          if (event === 'succeeded' || event === 'failed') outcomes += 1;
          expect([0, 1]).toContain(starts - outcomes);
          status = next;
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
