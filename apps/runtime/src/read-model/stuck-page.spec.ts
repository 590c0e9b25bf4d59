import type { DurableState, ExecutionState } from '@intendant/execution';
import {
  acceptCommand,
  acceptPlan,
  broke,
  chainOf,
  done,
  History,
  planStep,
  signal,
} from '@intendant/execution/testing';
import { describe, expect, it } from '@jest/globals';
import { stuckSagaOf } from './stuck-page.js';

const stuck = () => {
  const steps = [planStep('a', [], { unknownOutcome: 'park' }), planStep('b', ['a'])];
  return History.of(acceptPlan({ concurrencyMax: 1, steps }), broke('a', { outcome: 'unknown' }));
};
const of = (history: History, parent?: ExecutionState) => stuckSagaOf(history.state, history.records, parent);

describe('a stuck execution', () => {
  it('belongs to the service of its step until somebody claims it', () => {
    const history = stuck();
    expect(of(history)).toMatchObject({ stepId: 'a', claimedBy: null, owner: 'service:content' });
    history.perform(signal('claim'));
    expect(of(history)).toMatchObject({ claimedBy: 'ada', owner: 'user:ada' });
  });

  it('is nobody’s again when it is stuck anew', () => {
    const history = stuck();
    history.perform(signal('claim'));
    history.perform(signal('retry_step', { stepId: 'a' }));
    expect(of(history)).toBeNull();
    history.perform(broke('a', { outcome: 'unknown', attempt: 2 }));
    expect(of(history)).toMatchObject({ claimedBy: null });
  });

  it('names the execution that waits for it, and not one that merely is said to', () => {
    const history = stuck();
    const { state } = History.of(acceptCommand({ durable: true }));
    const child = { operationId: 'c', intentType: 'demo.child', payload: {} };
    const durable = { ...(state.durable as DurableState), children: { [history.executionId]: child } };
    const parent = { ...state, executionId: 'exe_parent' };
    expect(of(history, { ...parent, durable })).toMatchObject({ parentExecutionId: 'exe_parent' });
    expect([of(history, parent), of(history)]).toMatchObject([
      { parentExecutionId: null },
      { parentExecutionId: null },
    ]);
  });

  it('is none when it goes on, or has ended', () => {
    expect(of(History.of(acceptPlan(chainOf('a'))))).toBeNull();
    expect(of(History.of(acceptPlan(chainOf('a')), done('a')))).toBeNull();
  });
});
