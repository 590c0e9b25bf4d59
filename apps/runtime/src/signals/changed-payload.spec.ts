import { acceptCommand, acceptPlan, chainOf, History, needingApproval, signal } from '@intendant/execution/testing';
import type { JsonObject } from '@intendant/kernel';
import { ContractValidators } from '@intendant/registry';
import { describe, expect, it } from '@jest/globals';
import { changedOverrideFault, changedPayloadFault } from './changed-payload.js';

const inputContract = {
  type: 'object',
  properties: { count: { type: 'integer' }, note: { type: 'string' } },
  additionalProperties: false,
};

/** What the door says to a payload that is changed while its approval is awaited, by the contract that was pinned. */
function faultOf(params: JsonObject, { before = {} as JsonObject, bytesMax = 1_000 } = {}) {
  const approval = needingApproval();
  const intent = { ...approval.intent, payload: { count: 1 } };
  const decision = { ...approval.decision, inputDigest: intent.payloadDigest };
  const history = History.of({ ...approval, intent, decision });
  if (Object.keys(before).length > 0) history.perform(signal('update_params', { params: before }));
  const validators = new ContractValidators();
  const [{ digest } = { digest: '' }] = history.state.capabilities;
  validators.learn({ digest, inputContract, outputContract: { type: 'object' } });
  const fault = changedPayloadFault(history.state, params, { validators, bytesMax });
  return fault === null ? null : { code: fault.code, field: fault.field };
}

describe('a payload that somebody changes', () => {
  it('is held to the contract that it was accepted under, with everything that was changed before', () => {
    expect(faultOf({ count: 2 })).toBeNull();
    expect(faultOf({ count: 'two' })).toEqual({ code: 'invalid_payload', field: '/payload/params/count' });
    expect(faultOf({ other: 1 })).toMatchObject({ code: 'invalid_payload' });
    expect(faultOf({ count: 2 }, { before: { note: 1 } })).toMatchObject({ field: '/payload/params/note' });
    expect(faultOf({ note: 'mended' }, { before: { note: 1 } })).toBeNull();
  });

  it('grows no larger than what may be submitted', () => {
    const note = 'x'.repeat(80);
    expect(faultOf({ note }, { bytesMax: 100 })).toEqual({ code: 'body_too_large', field: '/payload/params' });
    expect(faultOf({ note }, { bytesMax: 110 })).toBeNull();
  });

  it('has an override of a step, with those before it, that is no larger than that either', () => {
    const over = (name: string) => ({ payload: { stepId: 'b', override: { [name]: 'x'.repeat(80) } } });
    const { state } = History.of(acceptPlan(chainOf('a', 'b')), signal('inject_override', over('m').payload));
    const fault = changedOverrideFault(state, over('n'), 150);
    expect(fault).toMatchObject({ code: 'body_too_large', field: '/payload/override' });
    expect(changedOverrideFault(state, over('m'), 150)).toBeNull();
  });

  it('is left to whoever is called when nobody knows the contract any more', () => {
    const { state } = History.of(acceptCommand());
    const nobodyKnows = { validators: new ContractValidators(), bytesMax: 1_000_000 };
    expect(changedPayloadFault(state, { count: 'two' }, nobodyKnows)).toBeNull();
  });
});
