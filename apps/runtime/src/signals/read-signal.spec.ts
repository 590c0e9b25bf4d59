import { describe, expect, it } from '@jest/globals';
import { readSignal } from './read-signal.js';

const signalId = '0190a5d4-7c7b-7000-8000-000000000001';
const faultIn = (payload: object) => {
  const read = readSignal({ signalId, signalType: 'resolve_step', payload } as never);
  return read.ok ? null : { code: read.error.code, field: read.error.field };
};

describe('a signal that is not of the shape of its type', () => {
  it.each([
    [{ stepId: 'a', outcome: 'failed', value: 1 }, '/payload/value'],
    [{ stepId: 'a', outcome: 'failed', result: { artifacts: [], events: [], stateChanges: [] } }, '/payload/result'],
    [{ stepId: 'a', outcome: 'perhaps' }, '/payload/outcome'],
    [{ outcome: 'failed' }, '/payload/stepId'],
  ])('%j is refused at %s', (payload, field) => {
    expect(faultIn(payload)).toEqual({ code: 'signal_invalid_payload', field });
  });

  it('takes what it should', () => {
    expect(faultIn({ stepId: 'a', outcome: 'failed' })).toBeNull();
    expect(faultIn({ stepId: 'a', outcome: 'succeeded', value: 1 })).toBeNull();
  });
});
