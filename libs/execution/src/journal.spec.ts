import type { JournalCommand } from '@intendant/intent-model';
import { describe, expect, it } from '@jest/globals';
import { reportedEntries, violationIn } from './journal.js';
import { acceptCommand, History, succeeded } from './testing/index.js';
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
