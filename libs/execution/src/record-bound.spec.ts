import type { JournalCommand } from '@intendant/intent-model';
import { describe, expect, it } from '@jest/globals';
import { heldIn } from './journal.js';
import { JOURNAL_SENT_BYTES_MAX, RECORDS_MAX } from './record-bound.js';
import { acceptCommand, acceptPlan, chainOf, done, History, signal, succeeded } from './testing/index.js';
import { NOW_MS } from './testing/sample-commands.js';

/** A saga of two steps whose history is `lastSeq` records long already. */
function long(lastSeq: number): History {
  const history = History.of(acceptPlan(chainOf('a', 'b')));
  history.skipTo(lastSeq);
  return history;
}

describe('the bound on records', () => {
  it('is warned of once, in the entry that crosses a fifth of it', () => {
    const history = long(RECORDS_MAX / 5 - 2);
    expect(history.perform(done('a'))).toEqual(['step.succeeded', 'event.emitted', 'step.started', 'alert.raised']);
    expect(history.perform(done('b'))).not.toContain('alert.raised');
  });

  it('stops a saga that would start something beyond it, and lets it be undone', () => {
    const history = long(RECORDS_MAX);
    expect(history.perform(done('a'))).toEqual(['step.succeeded', 'event.emitted', 'execution.stuck']);
    expect(history.state.stuckReason).toContain(String(RECORDS_MAX));
    expect(history.perform(signal('cancel'))).toContain('compensation.started');
  });

  it('does not keep a saga from its end', () => {
    const history = History.of(acceptPlan(chainOf('a')));
    history.skipTo(RECORDS_MAX);
    expect(history.perform(done('a'))).toContain('execution.completed');
  });
});

describe('the bounds on a saga as code', () => {
  const at = { stepId: 'main', direction: 'forward' as const, attempt: 1, nowMs: NOW_MS };
  const step = (id: string, ordinal: number): JournalCommand => ({
    op: 'step_start',
    branch: '',
    ordinal,
    id,
    attempt: 1,
  });
  const ended = (id: string, value: unknown = 1): JournalCommand => ({
    op: 'step_succeed',
    id,
    attempt: 1,
    value: value as number,
  });
  const report = (...commands: JournalCommand[]) => ({ kind: 'journal' as const, ...at, journal: { commands } });
  const suspends = (seen: number, ...commands: JournalCommand[]) => ({
    kind: 'step_suspended' as const,
    ...at,
    seen,
    journal: { commands },
  });
  const sleep: JournalCommand = { op: 'sleep', branch: '', ordinal: 2, id: 'night', durationMs: 1 };
  const wakes = { kind: 'timer_fired' as const, timerId: 'sleep/night', nowMs: NOW_MS + 1 };
  const begun = (...commands: JournalCommand[]) => History.of(acceptCommand({ durable: true }), report(...commands));

  it('hold back what its handler would begin; then it is stuck, and may be cancelled', () => {
    const history = begun(step('a', 1));
    history.skipTo(RECORDS_MAX);
    const next = [ended('a'), step('b', 2)];
    expect([...heldIn(history.state, next)]).toEqual([next[1]]);
    expect(history.perform(report(...next))).toEqual(['step.succeeded']);
    expect(history.perform(suspends(0))).toEqual(['step.suspended', 'execution.stuck']);
    expect(history.state.stuckReason).toContain(String(RECORDS_MAX));
    history.perform(signal('cancel'));
    expect(history.state.status).toBe('cancelled');
  });

  it('stop it instead of waking it up', () => {
    const history = begun(step('a', 1));
    history.perform(suspends(0, ended('a'), sleep));
    expect(history.state.status).toBe('waiting');
    history.skipTo(RECORDS_MAX);
    expect(history.perform(wakes)).toEqual(['timer.fired', 'execution.stuck']);
  });

  it('do not keep its handler from its end', () => {
    const history = begun(step('a', 1));
    history.skipTo(RECORDS_MAX);
    expect(history.perform({ ...succeeded(1), journal: { commands: [ended('a')] } })).toContain('execution.completed');
  });

  it('stop it when its journal has become too large for a call', () => {
    const value = 'x'.repeat(1_000_000);
    const count = Math.ceil(JOURNAL_SENT_BYTES_MAX / value.length) + 1;
    const facts = Array.from(
      { length: count },
      (_, index): JournalCommand => ({
        op: 'fact',
        kind: 'fact',
        branch: '',
        ordinal: index + 3,
        id: `f${index}`,
        value,
      }),
    );
    const history = begun(step('a', 1));
    history.perform(suspends(0, ended('a'), sleep, ...facts));
    expect(history.perform(wakes)).toEqual(['timer.fired', 'execution.stuck']);
    expect(history.state.stuckReason).toContain(`no more than ${JOURNAL_SENT_BYTES_MAX} in a call`);
  });
});
