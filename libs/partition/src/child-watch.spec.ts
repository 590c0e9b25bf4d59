import { type ExecutionCommand, type ExecutionState, noExecution } from '@intendant/execution';
import { ManualTime, promisesSettled } from '@intendant/kernel/testing';
import { AppendTooLarge } from '@intendant/wal';
import { executionIn } from '@intendant/wal/testing';
import { describe, expect, it } from '@jest/globals';
import { ChildWatch } from './child-watch.js';
import { LiveExecution } from './live-execution.js';

const PARENT = executionIn(0);
const CHILD = executionIn(1);

/** A child that has completed, whose result the log of its parent does not take. */
const completed: ExecutionState = { ...noExecution(CHILD), status: 'completed', events: [] };

describe('a child whose result is too large for the log of its parent', () => {
  it('has failed for the parent, which is told once and not again and again', async () => {
    const time = new ManualTime();
    const told: ExecutionCommand[] = [];
    const broken: Error[] = [];
    const events = { applied: () => undefined, broken: (_id: string, error: Error) => void broken.push(error) };
    const watch = new ChildWatch(
      {
        clock: time,
        scheduler: time,
        events: { ...events, halted: () => undefined },
        children: { ensure: async () => ({ kind: 'accepted' }) },
      },
      {
        command: async (_executionId, command) => {
          told.push(command);
          if (command.kind === 'child_settled' && command.result !== null) throw new AppendTooLarge(9, 8);
        },
        read: async () => completed,
        again: (live) => watch.ensure(live, CHILD, { operationId: 'a', intentType: 'demo.child', payload: {} }),
      },
    );
    watch.ensure(new LiveExecution(PARENT, 't_one'), CHILD, {
      operationId: 'a',
      intentType: 'demo.child',
      payload: {},
    });
    await promisesSettled();
    await time.pass(60_000);
    expect(told).toMatchObject([
      { childId: CHILD, status: 'completed' },
      { childId: CHILD, status: 'failed', result: null, error: { code: 'contract_violation', retryable: false } },
    ]);
    expect(broken).toEqual([]);
  });
});
