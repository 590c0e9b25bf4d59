import {
  type CapabilityDefinition,
  type Failure,
  failure,
  type ResolvedCapability,
  type ResolvedCompensation,
  type ResolvedPlan,
  type ResolvedStep,
  type SagaPlan,
} from '@intendant/intent-model';
import { err, ok, type Result } from '@intendant/kernel';
import { inTopologicalOrder } from './plan-graph.js';

/** A plan with every capability it needs, pinned. */
export interface PinnedPlan {
  readonly plan: ResolvedPlan;
  /** The saga's own capability first, then those of its steps and undos, each once. */
  readonly capabilities: readonly ResolvedCapability[];
}

/** A capability that answers an intent, and how it is pinned. */
export interface PlanAnswer {
  readonly resolved: ResolvedCapability;
  readonly capability: CapabilityDefinition;
}

/** Who answers an intent by one revision of the registry. */
export type AnswerIntent = (intentType: string) => Result<PlanAnswer, Failure>;

type PlanStepDeclaration = SagaPlan['steps'][number];

/**
 * Looks up everything an intent will need, by one revision of the registry; null for an intent of one step. An intent
 * that several capabilities answer together runs each of them, side by side.
 */
export function resolvePlan(
  answer: AnswerIntent,
  intentType: string,
  answering: readonly [PlanAnswer, ...PlanAnswer[]],
  executionMsMax: number,
): Result<PinnedPlan | null, Failure> {
  const [first] = answering;
  const saga = answering.length > 1 ? answering.find(isSaga) : undefined;
  if (saga !== undefined) return noStep(saga, `${intentType} is answered by several`);
  if (answering.length > 1) return ok(sideBySide(intentType, answering, executionMsMax));
  const declared = first.capability.plan;
  if (declared === null) return ok(null);
  const capabilities = new Map([[first.resolved.name, first.resolved]]);
  const steps: ResolvedStep[] = [];
  for (const step of inTopologicalOrder(declared.steps)) {
    const resolved = resolveStep(answer, step, executionMsMax, capabilities);
    if (!resolved.ok) return resolved;
    steps.push(resolved.value);
  }
  const plan = { concurrencyMax: declared.concurrencyMax, steps };
  return ok({ plan, capabilities: [...capabilities.values()] });
}

function resolveStep(
  answer: AnswerIntent,
  step: PlanStepDeclaration,
  executionMsMax: number,
  capabilities: Map<string, ResolvedCapability>,
): Result<ResolvedStep, Failure> {
  const answering = answererOf(answer, step.intent, step.stepId);
  if (!answering.ok) return answering;
  const undo = resolveUndo(answer, step, executionMsMax);
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
  answer: AnswerIntent,
  step: PlanStepDeclaration,
  executionMsMax: number,
): Result<{ compensation: ResolvedCompensation; answering: PlanAnswer } | null, Failure> {
  if (step.compensation === null) return ok(null);
  const { intent, input, retry, timeoutMs } = step.compensation;
  const found = answererOf(answer, intent, step.stepId);
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

function answererOf(answer: AnswerIntent, intentType: string, stepId: string): Result<PlanAnswer, Failure> {
  const found = answer(intentType);
  if (found.ok) return isSaga(found.value) ? noStep(found.value, `step ${stepId}`) : found;
  const detail = `step ${stepId}: ${found.error.detail}`;
  return err(failure(found.error.code, detail, { retryAfterMs: found.error.retryAfterMs ?? 2_000 }));
}

/** The registry keeps plans and their steps apart; a registry from before it did, or two that came at once, may not have. */
const isSaga = ({ capability }: PlanAnswer): boolean => capability.durable || capability.plan !== null;

/** Its handler, or its plan, would be called without a journal or ledger of its own. */
const noStep = ({ capability: { name, version } }: PlanAnswer, what: string): Result<never, Failure> =>
  err(
    failure('capability_unavailable', `${what}: ${name}@${version} is a saga itself, which is no step of another`, {
      retryAfterMs: 2_000,
    }),
  );

/** One step per capability, none before another. */
function sideBySide(intentType: string, answering: readonly PlanAnswer[], executionMsMax: number): PinnedPlan {
  const steps = answering.map(
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
  const capabilities = answering.map((one) => one.resolved);
  return { plan: { concurrencyMax: steps.length, steps }, capabilities };
}
