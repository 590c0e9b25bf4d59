import { endProblems, orderProblems, type TraceRecord } from '@intendant/saga/testing';
import { decodeEntry } from '@intendant/wal';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AcceptCommand } from './commands.js';
import { evolve, evolveAll } from './evolve.js';
import { isTerminal, noExecution } from './state.js';
import { anySaga } from './testing/any-saga.js';
import { History } from './testing/index.js';
import { anyTape, driveToTheEnd, play, type Turn } from './testing/world-tape.js';

const RUNS = { numRuns: 500 };

const traceOf = ({ state, records, executionId }: History) => ({
  executionId,
  status: state.status,
  records: records as readonly TraceRecord[],
  nodes: [],
  appends: [],
  effects: {},
  traceless: null,
  findings: [],
  children: [],
});

const shown = (history: History): string =>
  history.records
    .map(({ seq, type, data }) => `${seq} ${type} ${(data as { stepId?: string }).stepId ?? ''}`)
    .join('\n');

/** Told with the records when it fails: what went wrong is in their order. */
function requireNone(problems: readonly string[], history: History): void {
  if (problems.length > 0) throw new Error(`${problems.join('\n')}\n${shown(history)}`);
}

/** A saga after the world had its turns. */
function after(accept: AcceptCommand, tape: readonly Turn[]): History {
  const history = History.of(accept);
  play(history, tape);
  return history;
}

/** The same execution, taken up from the first entries of its log. */
function takenUp(history: History, entries: number): History {
  const again = new History(history.executionId);
  for (const { records: _records, ...raw } of history.entries.slice(0, entries)) {
    const entry = decodeEntry(raw);
    again.entries.push(entry);
    again.state = entry.records.reduce(evolve, again.state);
  }
  return again;
}

/** A change of anything in it throws. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const member of Object.values(Object.freeze(value))) frozen(member);
  return value;
}

describe('any saga, whatever the world does', () => {
  it('starts no step before its dependencies, no more than it may at once, and undoes in reverse', () => {
    fc.assert(
      fc.property(anySaga, anyTape, (accept, tape) => {
        const history = after(accept, tape);
        requireNone(orderProblems(traceOf(history)), history);
      }),
      RUNS,
    );
  });

  it('comes to the end that the outcomes of its steps demand', () => {
    fc.assert(
      fc.property(anySaga, anyTape, (accept, tape) => {
        const history = after(accept, tape);
        driveToTheEnd(history);
        requireNone([...orderProblems(traceOf(history)), ...endProblems(traceOf(history))], history);
        if (isTerminal(history.state.status)) requireNone(Object.keys(history.state.timers), history);
      }),
      RUNS,
    );
  });

  it('is what its log says, and its log folds', () => {
    fc.assert(
      fc.property(anySaga, anyTape, (accept, tape) => {
        const history = after(accept, tape);
        expect(takenUp(history, history.entries.length).state).toEqual(history.state);
        expect(history.records.reduce(evolve, noExecution(history.executionId))).toEqual(history.state);
      }),
      RUNS,
    );
  });

  it('folds at once as it does record by record, and leaves the state that it went on from as it was', () => {
    fc.assert(
      fc.property(anySaga, anyTape, fc.nat(100), (accept, tape, percent) => {
        const { records, state, executionId } = after(accept, tape);
        const cut = Math.floor((records.length * percent) / 100);
        const before = frozen(evolveAll(noExecution(executionId), records.slice(0, cut)));
        expect(evolveAll(before, records.slice(cut))).toEqual(state);
        expect(before).toEqual(records.slice(0, cut).reduce(evolve, noExecution(executionId)));
      }),
      RUNS,
    );
  });

  it('goes on from every prefix of its log to an end that is legal', () => {
    fc.assert(
      fc.property(anySaga, anyTape, (accept, tape) => {
        const history = after(accept, tape);
        for (let entries = 1; entries <= history.entries.length; entries += 1) {
          const again = takenUp(history, entries);
          driveToTheEnd(again);
          requireNone([...orderProblems(traceOf(again)), ...endProblems(traceOf(again))], again);
        }
      }),
      { numRuns: 150 },
    );
  });
});
