import type { CapabilityInput } from '@intendant/participant';
import type { SagaUnderSweep } from '../swept-saga.js';
import { resultOf, type SampleHandler, sampleService } from './sample-service.js';

type Plan = NonNullable<CapabilityInput['plan']>;
type Step = Plan['steps'][number];

const NO_RETRY = { attemptsMax: 1 };
const compensation = { intent: 'demo.undo', retry: { attemptsMax: 2, initialMs: 100, factor: 2, capMs: 1_000 } };

export const step = (stepId: string, dependsOn: string[] = [], more: Partial<Step> = {}): Step => ({
  stepId,
  intent: 'demo.work',
  dependsOn,
  compensation,
  ...more,
});

export const planned = (name: string, plan: Plan, more: Partial<CapabilityInput> = {}): SagaUnderSweep => ({
  name,
  services: () => [sampleService({ plan, sideEffects: 'effectful', ...more })],
  intentType: 'demo.saga',
  payload: { items: [1, 2, 3, 4, 5] },
});

export const coded = (name: string, handler: SampleHandler): SagaUnderSweep => ({
  name,
  services: () => [sampleService({ durable: true }, handler)],
  intentType: 'demo.saga',
  payload: {},
  answers: { go: { n: 1 }, 'approval:release': null },
});

export const sequential = planned('three steps in sequence', {
  steps: [step('a'), step('b', ['a']), step('c', ['b'])],
});

export const diamond = planned('a diamond', {
  concurrencyMax: 2,
  steps: [
    step('top'),
    step('left', ['top']),
    step('right', ['top']),
    step('look', ['top'], { intent: 'demo.look', compensation: null }),
    step('bottom', ['left', 'right', 'look']),
  ],
});

export const fanOut = planned('a fan-out in batches', {
  concurrencyMax: 2,
  steps: [
    step('prepare'),
    step('each', ['prepare'], {
      forEach: { items: '/payload/items', batchSize: 2 },
      input: { batch: { $from: '/item' } },
    }),
    step('sum', ['each'], { input: { all: { $from: '/steps/each' } } }),
  ],
});

export const withPivot = planned('a point of no return', {
  steps: [
    step('a'),
    step('point', ['a'], { pivot: true, compensation: null }),
    step('c', ['point'], { compensation: null }),
  ],
});

export const undoesItself = planned('steps that undo themselves when they fail', {
  concurrencyMax: 2,
  steps: [
    step('a', [], { compensateSelfOnFailure: true, retry: NO_RETRY }),
    step('b', [], { compensateSelfOnFailure: true }),
    step('c', ['a', 'b'], { compensateSelfOnFailure: true }),
  ],
});

export const parked = planned('steps of unknown outcome that are parked', {
  steps: [step('a', [], { intent: 'demo.park' }), step('b', ['a'], { intent: 'demo.park' }), step('c', ['b'])],
});

export const inCode = coded('a saga as code', async (_intent, context, store) => {
  const { tenantId: _tenant, executionId } = context;
  const undo = (stepId: string) => ({ intent: 'demo.undo', input: { stepId } });
  const doing = (stepId: string) => async (run: { idempotencyKey: string }) => {
    store.apply({ executionId, stepId, idempotencyKey: run.idempotencyKey });
    return stepId;
  };
  const retry = { attemptsMax: 3, initialMs: 100, factor: 2, capMs: 1_000, nonRetryableCodes: [] };
  await context.step('a', doing('a'), { compensate: undo('a'), retry });
  await context.sleep('night', 60_000);
  await context.all([
    (branch) => branch.step('left', doing('left'), { compensate: undo('left'), retry }),
    async (branch) => {
      await branch.sleep('nap', 1_000);
      return branch.step('right', doing('right'), { compensate: undo('right'), retry });
    },
  ]);
  const child = await context.intent('demo.child', { n: 7 }, { id: 'child', compensate: undo('child') });
  await context.step('z', doing('z'), { compensate: undo('z'), retry });
  return resultOf({ at: context.now(), child: child.events.length });
});

export const inCodeWithSignals = coded('a saga as code that waits for people', async (_intent, context, store) => {
  const { executionId } = context;
  const undo = { intent: 'demo.undo', input: {} };
  const doing = (stepId: string) => async (run: { idempotencyKey: string }) => {
    store.apply({ executionId, stepId, idempotencyKey: run.idempotencyKey });
    return 1;
  };
  await context.step('before', doing('before'), { compensate: undo });
  const go = await context.waitForSignal('go');
  const released = await context.approval('release');
  const late = await context.waitForSignal('never', { timeoutMs: 5_000 });
  context.state.set('seen', { go, released: released?.approved ?? null });
  await context.step('after', doing('after'), { compensate: undo });
  return resultOf({ late });
});
