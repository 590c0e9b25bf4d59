import type { JournalCommand } from '@intendant/intent-model';
import { describe, expect, it } from '@jest/globals';
import { UNHEARD_MAX } from './durable-state.js';
import { reportedEntries, violationIn } from './journal.js';
import { judgeSignal } from './judge-signal.js';
import { acceptCommand, History, signal, succeeded } from './testing/index.js';
import { NOW_MS } from './testing/sample-commands.js';

const step = (id: string, ordinal: number): JournalCommand => ({
  op: 'step_start',
  branch: '',
  ordinal,
  id,
  attempt: 1,
});
const child = (id: string, ordinal: number): JournalCommand => ({
  op: 'child',
  branch: '',
  ordinal,
  id,
  intentType: 'demo.child',
  payload: {},
});

const afterReport = (...commands: JournalCommand[]): History =>
  History.of(acceptCommand({ durable: true }), {
    kind: 'journal',
    stepId: 'main',
    attempt: 1,
    direction: 'forward',
    nowMs: NOW_MS,
    journal: { commands },
  });

describe('what a handler reports', () => {
  it('may say again what was recorded, and names nothing twice', () => {
    const { state } = afterReport(step('x', 1), child('y', 2));
    expect(violationIn(state, [step('x', 1), child('y', 2)])).toBeNull();
    expect(violationIn(state, [child('x', 3)])).toEqual({
      expected: 'step x alone to have that name',
      actual: 'child x at #3',
    });
    expect(violationIn(state, [step('y', 3)])?.expected).toBe('child y alone to have that name');
    expect(violationIn(state, [step('z', 3), child('z', 4)])?.actual).toBe('child z at #4');
  });

  it('is answered with what became of it, and never with a value that it said itself', () => {
    const values: JournalCommand[] = [
      { op: 'fact', branch: '', ordinal: 2, kind: 'fact', id: 'x', value: 'large' },
      { op: 'state_set', branch: '', ordinal: 3, id: 'x', value: 'large' },
    ];
    const { state } = afterReport(step('x', 1), ...values);
    const error = { code: 'broken', message: 'm', retryable: false, details: null };
    const ended = { id: 'x', attempt: 1 };
    const named = (...commands: JournalCommand[]) =>
      reportedEntries(state, commands).map(({ kind, status }) => `${kind} ${status}`);
    expect(named(step('x', 1), ...values, step('x', 1))).toEqual(['step open']);
    expect(named({ op: 'step_fail', ...ended, error, outcome: 'definite' })).toEqual(['step open']);
    expect(named(...values, { op: 'step_succeed', ...ended, value: 'large' })).toEqual([]);
  });

  it('is judged with an outcome as it is before', () => {
    const history = afterReport(step('x', 1), { op: 'step_succeed', id: 'x', attempt: 1, value: 1 });
    const types = history.perform({ ...succeeded(1), journal: { commands: [child('x', 2)] } });
    expect(types).toEqual(['step.failed', 'execution.stuck']);
    expect(history.state.stuckReason).toBe(
      'determinism violation: expected step x alone to have that name, got child x at #2',
    );
  });
});

describe('signals that come before anybody waits for them', () => {
  const wait = (id: string, ordinal: number): JournalCommand => ({
    op: 'await_signal',
    branch: '',
    ordinal,
    id,
    name: 'go',
    approval: false,
    prompt: null,
    timeoutMs: 5_000,
  });
  const go = () => signal('application', { name: 'go' });

  it('end one wait each: of two that are asked for at once the other has its time', () => {
    const history = afterReport(step('x', 1));
    history.perform(go());
    const at = { stepId: 'main', direction: 'forward' as const, attempt: 1, nowMs: NOW_MS };
    const journal = { commands: [wait('first', 2), wait('second', 3)] };
    expect(history.perform({ kind: 'journal', ...at, journal })).toEqual([
      'signal.awaited',
      'signal.awaited',
      'timer.set',
    ]);
    expect(Object.keys(history.state.timers)).toEqual(['wait/second']);
  });

  it.each([
    ['none', undefined, {}],
    ['null', null, {}],
    ['one', { n: 1 }, { n: 1 }],
    ['one that is falsy', 0, 0],
  ] as const)('are told from a wait whose time is over, which gives null: payload %s', (_which, sent, heard) => {
    const history = afterReport(wait('early', 1), wait('late', 2));
    history.perform(signal('application', { name: 'go', ...(sent === undefined ? {} : { payload: sent }) }));
    history.perform({ kind: 'timer_fired', timerId: 'wait/late', nowMs: NOW_MS });
    const values = [...(history.state.durable?.journal ?? [])].map(({ status, value }) => [status, value]);
    expect(values).toEqual([
      ['succeeded', heard],
      ['succeeded', null],
    ]);
  });

  it('are refused beyond what is kept, unless somebody waits', () => {
    const history = afterReport(step('x', 1));
    for (let sent = 0; sent < UNHEARD_MAX; sent += 1) history.perform(signal('application', { name: 'other' }));
    expect(judgeSignal(history.state, go())?.code).toBe('signal_not_applicable');
    const at = { stepId: 'main', direction: 'forward' as const, attempt: 1, nowMs: NOW_MS };
    history.perform({ kind: 'journal', ...at, journal: { commands: [wait('first', 2)] } });
    expect(judgeSignal(history.state, go())).toBeNull();
  });
});
