import { describe, expect, it } from '@jest/globals';
import { RECORDS_MAX } from './record-bound.js';
import { acceptPlan, chainOf, done, History, signal } from './testing/index.js';

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
