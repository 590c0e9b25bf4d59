import {
  type Failure,
  failure,
  type ResolvedCapability,
  type ResolvedCompensation,
  type ResolvedPlan,
  type ResolvedStep,
  realmOf,
} from '@intendant/intent-model';
import { err, ok, type Result } from '@intendant/kernel';
import { type Answering, CROSS_REALM, type RegistryIndex, type Resolution } from '@intendant/registry';
import { inTopologicalOrder } from '@intendant/saga';

/** A plan with every capability it needs, pinned. */
export interface PinnedPlan {
  readonly plan: ResolvedPlan;
  /** The saga's own capability first, then those of its steps and undos, each once. */
  readonly capabilities: readonly ResolvedCapability[];
}

type PlanStepDeclaration = NonNullable<Answering['capability']['plan']>['steps'][number];

/**
 * Looks up everything a resolved intent will need, by one revision of the registry; null for an intent of one step. An
 * intent of several realms runs the capability of each, side by side.
 */
export function resolvePlan(
  index: RegistryIndex,
  intentType: string,
  resolution: Resolution,
  executionMsMax: number,
): Result<PinnedPlan | null, Failure> {
  const [first] = resolution.answering;
  if (realmOf(intentType) === CROSS_REALM && resolution.answering.length > 1)
    return ok(sideBySide(intentType, resolution, executionMsMax));
  const declared = first.capability.plan;
  if (declared === null) return ok(null);
  const capabilities = new Map([[first.resolved.name, first.resolved]]);
  const steps: ResolvedStep[] = [];
  for (const step of inTopologicalOrder(declared.steps)) {
    const resolved = resolveStep(index, step, executionMsMax, capabilities);
    if (!resolved.ok) return resolved;
    steps.push(resolved.value);
  }
  const plan = { concurrencyMax: declared.concurrencyMax, steps };
  return ok({ plan, capabilities: [...capabilities.values()] });
}

function resolveStep(
  index: RegistryIndex,
  step: PlanStepDeclaration,
  executionMsMax: number,
  capabilities: Map<string, ResolvedCapability>,
): Result<ResolvedStep, Failure> {
  const answering = answererOf(index, step.intent, step.stepId);
  if (!answering.ok) return answering;
  const undo = resolveUndo(index, step, executionMsMax);
  if (!undo.ok) return undo;
  for (const one of [answering.value, undo.value?.answering]) {
    if (one !== undefined) capabilities.set(one.resolved.name, one.resolved);
  }
  const { capability } = answering.value;
  const { compensateSelfOnFailure, dependsOn, forEach, input, intent, pivot, skipTags, stepId } = step;
  return ok({
    capability: { name: capability.name, version: capability.version },
    compensateSelfOnFailure,
    compensation: undo.value?.compensation ?? null,
    dependsOn,
    ...(forEach === undefined ? {} : { forEach }),
    ...(input === undefined ? {} : { input }),
    intent,
    pivot,
    retry: step.retry ?? capability.retry,
    sideEffects: capability.sideEffects,
    skipTags,
    stepId,
    timeoutMs: Math.min(step.timeoutMs ?? capability.timeoutMs, executionMsMax),
    unknownOutcome: capability.unknownOutcome,
  });
}

function resolveUndo(
  index: RegistryIndex,
  step: PlanStepDeclaration,
  executionMsMax: number,
): Result<{ compensation: ResolvedCompensation; answering: Answering } | null, Failure> {
  if (step.compensation === null) return ok(null);
  const { intent, input, retry, timeoutMs } = step.compensation;
  const found = answererOf(index, intent, step.stepId);
  if (!found.ok) return found;
  const { capability } = found.value;
  const compensation: ResolvedCompensation = {
    capability: { name: capability.name, version: capability.version },
    ...(input === undefined ? {} : { input }),
    intent,
    retry,
    timeoutMs: Math.min(timeoutMs ?? capability.timeoutMs, executionMsMax),
  };
  return ok({ compensation, answering: found.value });
}

function answererOf(index: RegistryIndex, intentType: string, stepId: string): Result<Answering, Failure> {
  const resolution = index.resolve(intentType);
  if (resolution.ok) return ok(resolution.value.answering[0]);
  const detail = `step ${stepId}: ${resolution.error.detail}`;
  return err(failure(resolution.error.code, detail, { retryAfterMs: resolution.error.retryAfterMs ?? 2_000 }));
}

/** One step per capability, none before another. */
function sideBySide(intentType: string, resolution: Resolution, executionMsMax: number): PinnedPlan {
  const steps = resolution.answering.map(
    ({ capability }, position): ResolvedStep => ({
      capability: { name: capability.name, version: capability.version },
      compensateSelfOnFailure: false,
      compensation: null,
      dependsOn: [],
      intent: intentType,
      pivot: false,
      retry: capability.retry,
      sideEffects: capability.sideEffects,
      skipTags: [],
      stepId: `part${position + 1}`,
      timeoutMs: Math.min(capability.timeoutMs, executionMsMax),
      unknownOutcome: capability.unknownOutcome,
    }),
  );
  const capabilities = resolution.answering.map((one) => one.resolved);
  return { plan: { concurrencyMax: steps.length, steps }, capabilities };
}
