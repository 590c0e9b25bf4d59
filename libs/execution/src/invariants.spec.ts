import { digestOf } from '@intendant/kernel';
import { decodeEntry, type LogRecord, recordProblem, verifyStream } from '@intendant/wal';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type ExecutionCommand } from './commands.js';
import { effects } from './effects.js';
import { evolve } from './evolve.js';
import { stepKey } from './plan-of.js';
import { isSettled, noExecution } from './state.js';
import { anyCommands, History } from './testing/index.js';

const RUNS = { numRuns: 200 };
const check = (body: (history: History, commands: readonly ExecutionCommand[]) => void): void => {
  fc.assert(
    fc.property(anyCommands, (commands) => {
      body(History.of(...commands), commands);
    }),
    RUNS,
  );
};

describe('whatever commands come, in whatever order', () => {
  it('the records conform to the catalogue and form a chain', () => {
    check((history) => {
      expect(history.records.map(recordProblem).filter((problem) => problem !== null)).toEqual([]);
      expect(verifyStream(history.executionId, history.entries)).toBeNull();
    });
  });

  it('the state folded from the stored bytes is the live state', () => {
    check((history) => {
      const stored = history.entries.map(({ records: _records, ...raw }) => decodeEntry(raw));
      const recovered = stored.flatMap((entry) => entry.records).reduce(evolve, noExecution(history.executionId));
      expect(digestOf(recovered)).toBe(digestOf(history.state));
    });
  });

  it('every prefix of the log folds, and owes an effect unless it is settled', () => {
    check((history) => {
      let state = noExecution(history.executionId);
      for (const entry of history.entries) {
        state = entry.records.reduce(evolve, state);
        expect(effects(state).length > 0).toBe(!isSettled(state.status));
      }
    });
  });

  it('an execution that is settled stays as it is (I-15)', () => {
    check((_history, commands) => {
      const history = new History();
      let end: string | undefined;
      for (const command of commands) {
        const types = history.perform(command);
        if (end !== undefined) {
          expect(types.every((type) => type === 'call.superseded')).toBe(true);
          expect(digestOf({ ...history.state, lastSeq: 0 })).toBe(end);
        } else if (isSettled(history.state.status)) end = digestOf({ ...history.state, lastSeq: 0 });
      }
    });
  });

  it('an attempt has at most one outcome, and a step at most one success (I-14)', () => {
    check((history) => {
      const outcomes = history.records.flatMap((record) => outcomeOf(record));
      expect(new Set(outcomes).size).toBe(outcomes.length);
      expect(history.records.filter((record) => record.type === 'step.succeeded').length).toBeLessThanOrEqual(1);
      expect(history.records.filter((record) => /^execution\.(completed|failed|stuck)$/.test(record.type)).length).toBe(
        isSettled(history.state.status) ? 1 : 0,
      );
    });
  });

  it('a step keeps its key over all attempts (I-17)', () => {
    check((history) => {
      for (const record of history.records)
        if (record.type === 'step.started')
          expect(record.data.idempotencyKey).toBe(stepKey('acme', history.executionId, record.data.stepId, 'forward'));
    });
  });

  it('attempts never exceed what was accepted', () => {
    check((history) => {
      const max = history.state.terms?.retry.attemptsMax ?? 0;
      expect(history.state.steps.get('main')?.attempt).toBeLessThanOrEqual(max);
    });
  });

  it('a repeated command changes nothing, unless it reports a superseded call', () => {
    check((_history, commands) => {
      const once = new History();
      const twice = new History();
      for (const command of commands) {
        once.perform(command);
        twice.perform(command);
        if (command.kind !== 'call_superseded') expect(twice.perform(command)).toEqual([]);
      }
      expect(digestOf(twice.state)).toBe(digestOf(once.state));
    });
  });
});

describe('the key of a step', () => {
  it('tells tenants, executions, steps and directions apart', () => {
    const keys = [
      stepKey('acme', 'exe_1', 'main', 'forward'),
      stepKey('acme', 'exe_1', 'main', 'undo'),
      stepKey('acme', 'exe_1', 'other', 'forward'),
      stepKey('acme', 'exe_2', 'main', 'forward'),
      stepKey('globex', 'exe_1', 'main', 'forward'),
    ];
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys[0]).toBe(digestOf(['acme', 'exe_1', 'main', 'forward']));
  });
});

function outcomeOf(record: LogRecord): readonly string[] {
  if (record.type !== 'step.succeeded' && record.type !== 'step.failed') return [];
  return [`${record.data.stepId}/${record.data.attempt}`];
}
