import type { JournalCommand } from '@intendant/intent-model';
import type { LogRecord } from '@intendant/wal';
import { describe, expect, it } from '@jest/globals';
import type { ExecutionCommand, JournalBatch } from './commands.js';
import { effects } from './effects.js';
import { evolveAll } from './evolve.js';
import { violationIn } from './journal.js';
import { ledgerOf } from './ledger-of.js';
import { noExecution } from './state.js';
import { acceptCommand, acceptPlan, failed, History, planStep, signal, undone } from './testing/index.js';
import { NOW_MS } from './testing/sample-commands.js';

const STEPS = 2_000;

/** Steps with which the cost of one is compared, at the beginning and at the end. */
const WINDOW = 200;

/** What is recorded may be many times as long at the end; one more step of it may cost a little more, not many times. */
const GROWTH_MAX = 4;

const retry = { attemptsMax: 3, initialMs: 1_000, factor: 2, capMs: 60_000, nonRetryableCodes: [] };
const undo = {
  capability: { name: 'demo.undo', version: '1.0.0' },
  input: {},
  intent: 'demo.undo',
  retry,
  service: 'demo',
  timeoutMs: 1_000,
};

/** The report of a handler that ended one step and goes on with the next. */
function reportOf(n: number): JournalBatch {
  const started: JournalCommand = { op: 'step_start', branch: '', ordinal: n, id: `s${n}`, attempt: 1 };
  const ended: JournalCommand = { op: 'step_succeed', id: `s${n - 1}`, attempt: 1, value: n };
  return { commands: n === 1 ? [started] : [ended, started], undos: new Map([[started, undo]]) };
}

const reported = (journal: JournalBatch): ExecutionCommand => ({
  kind: 'journal',
  stepId: 'main',
  attempt: 1,
  direction: 'forward',
  nowMs: NOW_MS,
  journal,
});

/** Milliseconds for each of the turns. */
function timed(turns: number, turn: (n: number) => void): readonly number[] {
  return Array.from({ length: turns }, (_, index) => {
    const startMs = performance.now();
    turn(index + 1);
    return performance.now() - startMs;
  });
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;

const longSaga = (): { history: History; eachMs: readonly number[] } => {
  const history = History.of(acceptCommand({ durable: true }));
  const eachMs = timed(STEPS, (n) => {
    expect(violationIn(history.state, reportOf(n).commands)).toBeNull();
    history.perform(reported(reportOf(n)));
  });
  return { history, eachMs };
};

describe('a saga as code with thousands of steps', () => {
  it('records its last steps at about the cost of its first', () => {
    const { history, eachMs } = longSaga();
    expect([history.state.steps.size, history.state.durable?.journal.length]).toEqual([STEPS + 1, STEPS]);
    const [first, last] = [median(eachMs.slice(WINDOW, 2 * WINDOW)), median(eachMs.slice(-WINDOW))];
    expect(last / first).toBeLessThan(GROWTH_MAX);
  });

  it('is folded from its records as it was when they were made', () => {
    const { history } = longSaga();
    const again = evolveAll(noExecution(history.executionId), history.records);
    expect(again).toEqual(history.state);
    expect(JSON.stringify(again)).toBe(JSON.stringify(history.state));
  });

  it('decides over what is open, and not over all that has ended', () => {
    const { history } = longSaga();
    // the handler's own step, the one that is at work in it, and the one that would be undone first
    expect(Object.keys(ledgerOf(history.state).steps)).toEqual(['main', `s${STEPS}`, `s${STEPS - 1}`]);
    expect(effects(history.state)).toHaveLength(1);
  });

  it('undoes every step, the last that ended first, at about the same cost each', () => {
    const { history } = longSaga();
    const ended: JournalBatch = {
      commands: [{ op: 'step_succeed', id: `s${STEPS}`, attempt: 1, value: 0 }],
    };
    history.perform(reported(ended));
    history.perform(signal('compensate'));
    history.perform(failed(1, { retryable: false }));
    const eachMs = timed(STEPS, (n) => {
      const [effect, ...others] = effects(history.state);
      expect([effect?.kind === 'call' && effect.step.stepId, others]).toEqual([`s${STEPS + 1 - n}`, []]);
      history.perform(undone(`s${STEPS + 1 - n}`));
    });
    expect(history.state.status).toBe('compensated');
    const [first, last] = [median(eachMs.slice(WINDOW, 2 * WINDOW)), median(eachMs.slice(-WINDOW))];
    expect(last / first).toBeLessThan(GROWTH_MAX);
    // the first undo has the whole list of ended steps before it, too
    expect(first / last).toBeLessThan(GROWTH_MAX);
  });
});

/** The records of a fan-out whose copies all start, and then all end. */
function fannedOut(copies: number): readonly LogRecord[] {
  const list = Array.from({ length: copies }, (_, index) => index);
  const plan = { concurrencyMax: copies, steps: [planStep('s', [], { forEach: { items: '/payload/list' } })] };
  const accept = acceptPlan(plan);
  const started = History.of({ ...accept, intent: { ...accept.intent, payload: { list } } }).records;
  const last = started.at(-1) as LogRecord;
  const ends = list.flatMap((index): readonly object[] => [
    { type: 'step.succeeded', data: { attempt: 1, outputDigest: 'd'.repeat(64), stepId: `s.${index}` } },
    { type: 'event.emitted', data: { data: {}, eventId: `evt_${index}`, eventType: 'saga.stepped' } },
  ]);
  return [...started, ...ends.map((end, index) => ({ ...last, ...end, seq: last.seq + 1 + index }) as LogRecord)];
}

describe('a fan-out of a thousand copies', () => {
  it('costs for each record about what one of a hundred copies costs', () => {
    const recordMs = (copies: number): number => {
      const records = fannedOut(copies);
      const first = noExecution(records[0]?.executionId ?? '');
      const state = evolveAll(first, records);
      expect([state.steps.size, state.events.length, state.lastSeq]).toEqual([copies, copies, 3 * copies + 6]);
      return Math.min(...timed(10, () => void evolveAll(first, records))) / records.length;
    };
    const thousand = recordMs(1_000);
    expect(thousand / recordMs(100)).toBeLessThan(GROWTH_MAX);
  });
});
