import { describe, expect, it } from '@jest/globals';
import type { ExecutionCommand, JournalBatch } from './commands.js';
import { acceptCommand, failed, fired, History, signal, succeeded } from './testing/index.js';
import { NOW_MS } from './testing/sample-commands.js';
import { awaitsService } from './undelivered.js';

const HALF_AN_HOUR_MS = 1_800_000;
const DAY_MS = 86_400_000;

const reported = (attempt: number, ...commands: JournalBatch['commands'][number][]): ExecutionCommand => ({
  kind: 'journal',
  stepId: 'main',
  attempt,
  direction: 'forward',
  nowMs: NOW_MS,
  journal: { commands },
});
const begun = reported(1, { op: 'step_start', branch: '', ordinal: 1, id: 'paid', attempt: 1 });
const ended = reported(1, { op: 'step_succeed', id: 'paid', attempt: 1, value: 1 });

/** A saga as code whose handler has begun, or has not, in a version that nobody serves any more. */
const saga = (...commands: ExecutionCommand[]): History => History.of(acceptCommand({ durable: true }), ...commands);

/** Nobody can be called, again and again; how long it waited each time. */
function away(history: History, times: number): readonly number[] {
  for (let n = 0; n < times; n += 1) {
    const attempt = history.state.steps.get('main')?.attempt ?? 0;
    history.perform(failed(attempt, { code: 'participant_unreachable' }));
    history.perform(fired(attempt + 1));
  }
  return history.records.flatMap((record) => (record.type === 'step.retry_scheduled' ? [record.data.waitMs] : []));
}

describe('a handler that has begun and cannot be called again', () => {
  it('waits for somebody who serves its version, as long again as it was away, and undoes nothing', () => {
    const history = saga(begun, ended);
    const waits = away(history, 20);
    expect(history.state.status).toBe('running');
    expect(awaitsService(history.state)).toBe(true);
    expect(waits).toHaveLength(20);
    expect(waits[0]).toBeLessThanOrEqual(1_000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(HALF_AN_HOUR_MS);
    expect(waits.at(-1)).toBeGreaterThanOrEqual(HALF_AN_HOUR_MS / 2);
  });

  it('is stuck after a day, and goes on when a person has it tried again', () => {
    const history = saga(begun, ended);
    const waits = away(history, 60);
    expect(waits.reduce((sum, waitMs) => sum + waitMs, 0)).toBeGreaterThan((DAY_MS * 3) / 4);
    expect(history.state.status).toBe('stuck');
    expect(awaitsService(history.state)).toBe(false);
    expect(history.records.map(({ type }) => type)).not.toContain('execution.compensating');
    history.perform(signal('retry_step', { stepId: 'main' }));
    expect(history.state.status).toBe('running');
    history.perform(succeeded(61));
    expect(history.state.status).toBe('completed');
  });

  it('has all its attempts when it is called at last', () => {
    const history = saga(begun, ended);
    away(history, 7);
    const attempts = [];
    while (history.state.status !== 'failed') {
      const attempt = history.state.steps.get('main')?.attempt ?? 0;
      attempts.push(attempt);
      history.perform(failed(attempt));
      history.perform(fired(attempt + 1));
    }
    expect(attempts).toEqual([8, 9, 10]);
    expect(awaitsService(history.state)).toBe(false);
  });

  it('is nobody to be waited for any more once it was called', () => {
    const history = saga(begun, ended);
    away(history, 2);
    expect(awaitsService(history.state)).toBe(true);
    history.perform(reported(3, { op: 'fact', branch: '', ordinal: 2, kind: 'fact', id: 'rate', value: 1 }));
    expect(awaitsService(history.state)).toBe(false);
    history.perform(succeeded(3));
    expect(history.state.status).toBe('completed');
  });

  it('has its attempts as ever when it has not begun: nobody ever served it', () => {
    const history = saga();
    expect(away(history, 5)).toHaveLength(2);
    expect(history.state.status).toBe('failed');
  });
});
