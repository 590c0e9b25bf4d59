import { describe, expect, it } from '@jest/globals';
import { type CapabilityInput, definitionsOf, MalformedCapability } from './definitions-of.js';

const sound = {
  name: 'demo.move',
  version: '1.0.0',
  realm: 'demo',
  intents: ['demo.move'],
  inputContract: { type: 'object' },
  outputContract: { type: 'object' },
  determinism: 'deterministic',
  sideEffects: 'none',
} as CapabilityInput;

describe('capabilities of a service', () => {
  it('get their defaults', () => {
    expect(definitionsOf([sound])[0]).toMatchObject({ name: 'demo.move', recovery: expect.anything() });
  });

  it('that are malformed are named, with every place', () => {
    const plan = { steps: [{ stepId: 'a b', intent: 'nothing' }] };
    const broken = [sound, { ...sound, name: 'demo.wave', plan, timeoutMs: -1 } as unknown as CapabilityInput];
    const error = (() => {
      try {
        return definitionsOf(broken);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(MalformedCapability);
    const { problems } = error as MalformedCapability;
    expect(problems.map((one) => one.split(' ').slice(0, 2).join(' ')).sort()).toEqual([
      'demo.wave: /plan/steps/0/intent',
      'demo.wave: /plan/steps/0/stepId',
      'demo.wave: /timeoutMs',
    ]);
  });
});
