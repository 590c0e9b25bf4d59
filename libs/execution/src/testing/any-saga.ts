import type { ResolvedPlan, ResolvedStep } from '@intendant/intent-model';
import { digestOf } from '@intendant/kernel';
import fc from 'fast-check';
import type { AcceptCommand } from '../commands.js';
import { acceptPlan, planStep } from './saga-commands.js';

const retry = fc.constantFrom(1, 2, 3).map((attemptsMax) => ({ ...planStep('x').retry, attemptsMax }));

const anyStep = (index: number): fc.Arbitrary<ResolvedStep> =>
  fc
    .record({
      dependsOn: fc.subarray(Array.from({ length: index }, (_, on) => `s${on}`)),
      retry,
      sideEffects: fc.constantFrom('none' as const, 'idempotent' as const, 'effectful' as const),
      unknownOutcome: fc.constantFrom('rerun' as const, 'probe' as const, 'park' as const),
      compensateSelfOnFailure: fc.boolean(),
      undone: fc.boolean(),
      fanned: fc.integer({ min: 0, max: 4 }),
      skipTags: fc.subarray(['quick']),
    })
    .map(({ dependsOn, undone, fanned, ...more }) => {
      const step = planStep(`s${index}`, dependsOn, more);
      return {
        ...step,
        ...(undone ? {} : { compensation: null }),
        // the lists of the payload have as many elements as their names say
        ...(fanned === 4 ? {} : { forEach: { items: `/payload/list${fanned}` } }),
      };
    });

/** Up to six steps in any order that their dependencies allow; now and then the middle one is a point of no return. */
export const anyPlan: fc.Arbitrary<ResolvedPlan> = fc
  .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 3 }))
  .chain(([count, concurrencyMax, chance]) =>
    fc.tuple(...Array.from({ length: count }, (_, index) => anyStep(index))).map((steps) => ({
      concurrencyMax,
      steps: chance > 0 ? steps : divided(steps),
    })),
  );

/** Every step before the pivot comes before it, and every one behind it after it. */
function divided(steps: readonly ResolvedStep[]): ResolvedStep[] {
  const at = Math.floor(steps.length / 2);
  const pivot = `s${at}`;
  return steps.map((step, index) => {
    if (index === at)
      return { ...step, pivot: true, compensation: null, dependsOn: steps.slice(0, at).map((one) => one.stepId) };
    return index > at ? { ...step, dependsOn: [...new Set([...step.dependsOn, pivot])] } : step;
  });
}

const PAYLOAD = { list0: [], list1: [1], list2: [1, 2], list3: [1, 2, 3] };

/** An acceptance of any plan under any recovery strategy, with or without the tag that skips steps. */
export const anySaga: fc.Arbitrary<AcceptCommand> = fc
  .tuple(
    anyPlan,
    fc.constantFrom('compensate' as const, 'retry' as const, 'pause' as const, 'abort' as const),
    fc.boolean(),
  )
  .map(([plan, recovery, skips]) => {
    const accept = acceptPlan(plan, { recovery, ...(skips ? { skipTags: ['quick'] } : {}) });
    const payloadDigest = digestOf(PAYLOAD);
    const intent = { ...accept.intent, payload: PAYLOAD, payloadDigest };
    return { ...accept, intent, decision: { ...accept.decision, inputDigest: payloadDigest } };
  });
