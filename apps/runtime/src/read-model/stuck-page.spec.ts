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

  it('belongs to a service also when a fan-out finds no list', () => {
    const each = planStep('each', [], { forEach: { items: '/payload/none' } });
    const history = History.of(acceptPlan({ concurrencyMax: 1, steps: [each] }));
    expect(of(history)).toMatchObject({ reason: 'each finds no list at /payload/none', owner: 'service:content' });
  });

  it('belongs to the service of the undo that a saga as code registered, when that failed', () => {
    const undo = planStep('a').compensation as NonNullable<ReturnType<typeof planStep>['compensation']>;
    const error = { code: 'refused', message: 'no', retryable: false, details: null };
    const compensate = { intent: 'demo.undo', input: {} };
    const at = { attempt: 1, direction: 'forward', nowMs: done('a').nowMs } as const;
    const starts = { op: 'step_start', branch: '', ordinal: 1, id: 'a', attempt: 1, compensate } as const;
    const undoer = { ...undo, service: 'undoer', input: {}, capability: { name: 'demo.undo', version: '1.0.0' } };
    const history = History.of(acceptCommand({ durable: true }), {
      kind: 'journal',
      stepId: 'main',
      ...at,
      journal: {
        commands: [starts, { op: 'step_succeed', id: 'a', attempt: 1, value: null }],
        undos: new Map([[starts, undoer]]),
      },
    });
    history.perform(broke('main', { outcome: 'definite', error }));
    history.perform(broke('a', { direction: 'undo', outcome: 'definite' }));
    expect(of(history)).toMatchObject({ stepId: 'a', owner: 'service:undoer' });
  });

  it('is also what a failed step has paused; what somebody paused is not', () => {
    const history = History.of(
      acceptPlan(chainOf('a', 'b'), { recovery: 'pause' }),
      broke('a', { outcome: 'definite' }),
    );
    expect(of(history)).toMatchObject({ status: 'paused', stepId: 'a', owner: 'service:content' });
    history.perform(signal('claim'));
    expect(of(history)).toMatchObject({ owner: 'user:ada' });
    history.perform(signal('retry_step', { stepId: 'a' }));
    expect(of(history)).not.toBeNull();
    history.perform(signal('resume'));
    expect(of(history)).toBeNull();
    expect(of(History.of(acceptPlan(chainOf('a', 'b')), done('a'), signal('pause')))).toBeNull();
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
