import type { JournalCommand } from '@intendant/intent-model';
import { describe, expect, it } from '@jest/globals';
import { entryOf } from './durable-state.js';
import { evolve } from './evolve.js';
import { noExecution } from './state.js';
import { acceptCommand, History } from './testing/index.js';
import { NOW_MS } from './testing/sample-commands.js';

const retry = { attemptsMax: 1, initialMs: 1_000, factor: 2, capMs: 60_000, nonRetryableCodes: [] };
const error = { code: 'step_timeout', message: 'no outcome in 10 ms', retryable: true, details: null };
const COMMANDS: readonly JournalCommand[] = [
  { op: 'step_start', branch: '', ordinal: 1, id: 'x', attempt: 1, retry },
  { op: 'step_fail', id: 'x', attempt: 1, error, outcome: 'unknown' },
];

const timedOut = (): History =>
  History.of(
    acceptCommand({ durable: true }),
    ...COMMANDS.map((command) => ({
      kind: 'journal' as const,
      stepId: 'main',
      attempt: 1,
      direction: 'forward' as const,
      nowMs: NOW_MS,
      journal: { commands: [command] },
    })),
  );

const statusOfX = ({ durable }: History['state']) => durable && entryOf(durable, 'step', 'x')?.status;

describe('a step of a handler that nobody knows the outcome of', () => {
  it('is no failure to its handler: it waits', () => {
    expect(statusOfX(timedOut().state)).toBe('waiting');
  });

  it('was one in histories that do not say that it is unresolved, and stays one', () => {
    const history = timedOut();
    const told = history.records.map((record) => {
      if (record.type !== 'step.failed') return record;
      const { unresolved, ...data } = record.data;
      expect(unresolved).toBe(true);
      return { ...record, data };
    });
    expect(statusOfX(told.reduce(evolve, noExecution(history.executionId)))).toBe('failed');
  });
});
