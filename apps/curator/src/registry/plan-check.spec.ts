import { capabilityKey, registeredCapability } from '@intendant/registry';
import { describe, expect, test } from '@jest/globals';
import { definitionOf, registrationOf } from '../../test/registrations.js';
import { checkPlans, checkStepsOfPlans } from './plan-check.js';

const step = { stepId: 'a', intent: 'content.parse', pivot: true };
const undone = { stepId: 'a', intent: 'content.draw', compensation: { intent: 'content.parse' } };
const planOf = (...steps: object[]) => ({ plan: { concurrencyMax: 1, steps } }) as { plan: never };
const parse = definitionOf('content.parse');
const code = { ...parse, version: '2.0.0', durable: true };

/** What is registered, all of it served but for `away`. */
function registered(definitions: readonly ReturnType<typeof definitionOf>[], away: readonly string[] = []) {
  const capabilities = definitions.map((one) => registeredCapability(one, one.realm));
  const serves = capabilities.map(capabilityKey).filter((key) => !away.includes(key));
  const address = { transport: 'tcp' as const, host: '127.0.0.1', port: 4000 };
  return { capabilities, instances: [{ service: 'x', instanceId: 'x-1', address, serves, draining: false }] };
}

const planned = (steps: object, version = '1.0.0') => ({ ...definitionOf('insights.plan', planOf(steps)), version });
const rulesOf = (existing: ReturnType<typeof registered>, ...definitions: ReturnType<typeof definitionOf>[]) =>
  checkStepsOfPlans(registrationOf('content', definitions), existing).map(({ rule, field }) => `${rule} ${field}`);

describe('a capability whose intent is a step of a plan', () => {
  test.each([step, undone])('becomes no saga while the plan is served', (named) => {
    const existing = registered([parse, planned(named)]);
    expect(rulesOf(existing, code)).toEqual(['plan_durable_step /capabilities/0/durable']);
    const ofSteps = { ...parse, version: '2.0.0', ...planOf({ ...step, intent: 'content.draw' }) };
    expect(rulesOf(existing, parse, ofSteps)).toEqual(['plan_nested_plan /capabilities/1/plan']);
    expect(rulesOf(existing, { ...parse, version: '1.1.0' })).toEqual([]);
  });

  test('may become one when nobody serves the plan, or the plan that is served names it no more', () => {
    expect(rulesOf(registered([parse, planned(step)], ['insights.plan@1.0.0']), code)).toEqual([]);
    const without = planned({ ...step, intent: 'content.draw' }, '1.1.0');
    expect(rulesOf(registered([parse, planned(step), without]), code)).toEqual([]);
  });

  test('may become one together with the plan, which is judged by itself', () => {
    const existing = registered([parse, planned(step)]);
    expect(rulesOf(existing, code, planned({ ...step, intent: 'content.draw' }, '1.1.0'))).toEqual([]);
  });

  test('comes back when it was registered as one', () => {
    expect(rulesOf(registered([parse, code, planned(step)]), code)).toEqual([]);
  });
});

describe('a capability with a plan', () => {
  test('is no saga as code as well: its executions would all fail for want of a journal', () => {
    const both = { ...planned(step), durable: true };
    const rules = checkPlans(registrationOf('insights', [both]), registered([parse]));
    expect(rules.map(({ rule, field }) => `${rule} ${field}`)).toEqual(['plan_and_durable /capabilities/0/durable']);
    expect(checkPlans(registrationOf('insights', [planned(step)]), registered([parse]))).toEqual([]);
  });
});
