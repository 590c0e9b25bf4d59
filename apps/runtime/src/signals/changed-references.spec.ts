import {
  acceptPlan,
  chainOf,
  done,
  History,
  needingApproval,
  planStep,
  sampleResult,
  signal,
} from '@intendant/execution/testing';
import { CapabilityDefinition } from '@intendant/intent-model';
import type { JsonObject } from '@intendant/kernel';
import { RegistryIndex, registeredCapability } from '@intendant/registry';
import { describe, expect, it } from '@jest/globals';
import { changedReferencesFault } from './changed-references.js';

const called = planStep('a').capability;
const definition = CapabilityDefinition.parse({
  ...called,
  realm: 'content',
  intents: [called.name],
  inputContract: { type: 'object' },
  outputContract: { type: 'object' },
  determinism: 'deterministic',
  sideEffects: 'none',
  dataReferences: ['/artifactId', '/more/*/ref'],
});
const index = new RegistryIndex({
  revision: 1,
  capabilities: [registeredCapability(definition, 'content')],
  instances: [],
});

/** The decision allowed `mine`, and nothing else. */
function allowing<A extends ReturnType<typeof needingApproval>>(accept: A): A {
  const { obligations } = accept.decision;
  return {
    ...accept,
    decision: { ...accept.decision, obligations: obligations && { ...obligations, allowedReferences: ['mine'] } },
  };
}

function faultOf(history: History, sent: ReturnType<typeof signal>) {
  const fault = changedReferencesFault({ index }, history.state, sent);
  return fault === null ? null : { code: fault.code, field: fault.field };
}

const code = 'data_access_denied';

describe('a reference that a person puts into the payload', () => {
  const waiting = () => History.of(allowing(needingApproval()));
  const update = (params: JsonObject) => faultOf(waiting(), signal('update_params', { params }));

  it('is one that the Data Steward allowed, wherever the capability says that references stand', () => {
    expect(update({ artifactId: 'mine' })).toBeNull();
    expect(update({ artifactId: 'of_eve' })).toEqual({ code, field: '/payload/params/artifactId' });
    expect(update({ more: [{ ref: 'mine' }, { ref: 'of_eve' }] })).toEqual({
      code,
      field: '/payload/params/more/1/ref',
    });
  });

  it('may be anything where no reference stands', () => {
    expect(update({ title: 'of_eve' })).toBeNull();
  });
});

describe('a reference that a person puts over the input of a step', () => {
  const override = (history: History, artifactId: string) =>
    faultOf(history, signal('inject_override', { stepId: 'b', override: { artifactId } }));

  it('is one that was allowed, or that a step before has produced', () => {
    const history = History.of(allowing(acceptPlan(chainOf('a', 'b', 'c'))));
    expect(override(history, 'mine')).toBeNull();
    expect(override(history, 'table_1')).toEqual({ code, field: '/payload/override/artifactId' });
    history.perform({ ...done('a'), result: sampleResult() });
    expect(override(history, 'table_1')).toBeNull();
    expect(override(history, 'of_eve')).toEqual({ code, field: '/payload/override/artifactId' });
  });
});
