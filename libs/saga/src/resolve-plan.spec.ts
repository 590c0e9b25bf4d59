import { CapabilityDefinition, failure } from '@intendant/intent-model';
import { err, ok } from '@intendant/kernel';
import { describe, expect, it } from '@jest/globals';
import { type AnswerIntent, type PlanAnswer, resolvePlan } from './resolve-plan.js';

const OPEN = { type: 'object' };
const capability = (name: string, more: object = {}): PlanAnswer => ({
  resolved: { name, version: '1.0.0', service: 'demo', digest: 'd'.repeat(64) },
  capability: CapabilityDefinition.parse({
    name,
    version: '1.0.0',
    realm: 'demo',
    intents: [name],
    inputContract: OPEN,
    outputContract: OPEN,
    determinism: 'deterministic',
    sideEffects: 'effectful',
    timeoutMs: 9_000,
    retry: { attemptsMax: 4 },
    unknownOutcome: 'probe',
    ...more,
  }),
});

const KNOWN = [
  ...['demo.work', 'demo.undo'].map((name) => capability(name)),
  capability('demo.code', { durable: true }),
  capability('demo.plan', { plan: { concurrencyMax: 1, steps: [{ stepId: 'a', intent: 'demo.work' }] } }),
];
const answer: AnswerIntent = (intent) => {
  const found = KNOWN.find((one) => one.capability.name === intent);
  return found === undefined ? err(failure('capability_not_found', `no capability answers ${intent}`)) : ok(found);
};
const saga = (steps: readonly object[], concurrencyMax = 1) =>
  capability('demo.saga', { plan: { steps, concurrencyMax } });
const resolve = (steps: readonly object[], executionMsMax = 60_000) =>
  resolvePlan(answer, 'demo.saga', [saga(steps, 2)], executionMsMax);
const compensation = { intent: 'demo.undo', timeoutMs: 70_000 };

describe('given a capability without a plan', () => {
  it('there is nothing to look up', () => {
    expect(resolvePlan(answer, 'demo.work', [capability('demo.work')], 60_000)).toEqual(ok(null));
  });
});

describe('given a plan', () => {
  it('its steps come in an order that respects their dependencies, with all that was looked up', () => {
    const pinned = resolve([
      { stepId: 'b', intent: 'demo.work', dependsOn: ['a'], timeoutMs: 5_000, retry: { attemptsMax: 2 } },
      { stepId: 'a', intent: 'demo.work', compensation },
    ]);
    expect(pinned).toMatchObject({
      ok: true,
      value: {
        plan: {
          concurrencyMax: 2,
          steps: [
            {
              stepId: 'a',
              capability: { name: 'demo.work' },
              timeoutMs: 9_000,
              retry: { attemptsMax: 4 },
              unknownOutcome: 'probe',
            },
            { stepId: 'b', timeoutMs: 5_000, retry: { attemptsMax: 2 }, compensation: null, sideEffects: 'effectful' },
          ],
        },
        capabilities: [{ name: 'demo.saga' }, { name: 'demo.work' }, { name: 'demo.undo' }],
      },
    });
  });

  it('no attempt may take longer than the decision allows', () => {
    const pinned = resolve([{ stepId: 'a', intent: 'demo.work', compensation }], 3_000);
    expect(pinned).toMatchObject({
      value: { plan: { steps: [{ timeoutMs: 3_000, compensation: { timeoutMs: 3_000 } }] } },
    });
  });

  it.each([
    ['step', { stepId: 'a', intent: 'demo.code' }],
    ['undo', { stepId: 'a', intent: 'demo.work', compensation: { intent: 'demo.code' } }],
    ['step that is a plan', { stepId: 'a', intent: 'demo.plan' }],
  ])('a %s that became a saga itself is named, and starts nothing', (_what, step) => {
    expect(resolve([step])).toMatchObject({
      ok: false,
      error: {
        code: 'capability_unavailable',
        detail: expect.stringMatching(/^step a: demo.(code|plan)@1.0.0 is a saga itself/),
      },
    });
  });

  it.each([
    ['step', { stepId: 'a', intent: 'demo.gone' }],
    ['undo', { stepId: 'a', intent: 'demo.work', compensation: { intent: 'demo.gone' } }],
  ])('a %s that nobody answers now is named, and may be asked for again', (_what, step) => {
    expect(resolve([step])).toMatchObject({
      ok: false,
      error: { code: 'capability_not_found', detail: 'step a: no capability answers demo.gone', retryAfterMs: 2_000 },
    });
  });
});

describe('given several capabilities that answer together', () => {
  it('each is a step of its own, none before another', () => {
    const answering = [capability('demo.work'), capability('demo.undo')] as const;
    const pinned = resolvePlan(answer, 'cross_realm.all', answering, 1_000);
    expect(pinned).toMatchObject({
      value: {
        plan: {
          concurrencyMax: 2,
          steps: [
            { stepId: 'part1', intent: 'cross_realm.all', dependsOn: [], timeoutMs: 1_000 },
            { stepId: 'part2', intent: 'cross_realm.all', dependsOn: [] },
          ],
        },
        capabilities: [{ name: 'demo.work' }, { name: 'demo.undo' }],
      },
    });
  });

  it('none of them is a saga, which would have no journal or ledger there', () => {
    const answering = [capability('demo.work'), capability('demo.code', { durable: true })] as const;
    expect(resolvePlan(answer, 'cross_realm.all', answering, 1_000)).toMatchObject({
      ok: false,
      error: { code: 'capability_unavailable', detail: expect.stringContaining('demo.code@1.0.0 is a saga itself') },
    });
  });
});
