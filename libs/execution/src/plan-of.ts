import {
  type Intent,
  type ParticipantResult,
  type ResolvedCapability,
  type ResolvedPlan,
  type ResolvedStep,
  realmOf,
} from '@intendant/intent-model';
import { digestOf, type JsonValue } from '@intendant/kernel';
import { copiesOf, fillIn, find, type InputScope, planStepOf } from '@intendant/saga';
import type { ExecutionState, StepState } from './state.js';

/** The only step of an execution without a plan. */
export const MAIN_STEP = 'main';

/** The key under which a participant knows a step: no attempt in it, the same over restarts and owners. */
export const stepKey = (tenantId: string, executionId: string, stepId: string, direction: 'forward' | 'undo'): string =>
  digestOf([tenantId, executionId, stepId, direction]);

/** The plan as recorded; an execution without one is a saga of one step. */
export function planOf(state: ExecutionState): ResolvedPlan {
  const { terms } = state;
  if (terms === null) throw new Error(`${state.executionId} was never accepted`);
  if (terms.plan !== undefined) return terms.plan;
  const { name, version } = state.capabilities[0] as ResolvedCapability;
  const { retry, sideEffects, timeoutMs, unknownOutcome } = terms;
  const main: ResolvedStep = {
    capability: { name, version },
    compensateSelfOnFailure: false,
    compensation: null,
    dependsOn: [],
    intent: state.intent?.intentType ?? name,
    pivot: false,
    retry,
    sideEffects,
    skipTags: [],
    stepId: MAIN_STEP,
    timeoutMs,
    unknownOutcome,
  };
  return { concurrencyMax: 1, steps: [main] };
}

type Params = ExecutionState['params'];

const payloadOf = (state: ExecutionState, params: Params): JsonValue => {
  const payload = (state.intent?.payload ?? {}) as { readonly [key: string]: JsonValue };
  return params === null ? payload : { ...payload, ...params };
};

/** What lies over the payload for a step: what did so when it started, or when its list was met, then for its retries and its undo. */
function paramsOf(state: ExecutionState, stepId: string): Params {
  if (state.params === null) return null;
  const step = state.steps.get(stepId);
  if (step !== undefined && step.attempt > 0) return step.params;
  const planned = planStepOf(planOf(state), stepId)?.step.stepId ?? stepId;
  return Object.hasOwn(state.expandedWith, planned) ? (state.expandedWith[planned] ?? null) : state.params;
}

/** What lay over the payload in a call that was recorded with this digest: in early histories what came since the start, too. */
export function paramsOfCall(
  state: ExecutionState,
  { stepId, inputDigest }: { readonly stepId: string; readonly inputDigest: string },
  direction: 'forward' | 'undo',
): Params {
  const own = paramsOf(state, stepId);
  if (own === state.params || digestOf(inputOf(state, stepId, direction, own)) === inputDigest) return own;
  return state.params;
}

/** Histories from before an empty list was a result have a fan-out of no copies and no word of the step itself. */
const ranOverNothing = (state: ExecutionState, { stepId }: ResolvedStep): boolean =>
  state.expansions[stepId] === 0 && state.steps.get(stepId)?.status === 'skipped';

/** What inputs can reach: the payload and the results of steps that succeeded. */
function scopeOf(state: ExecutionState, plan: ResolvedPlan, params: Params): InputScope {
  const steps: Record<string, JsonValue> = {};
  for (const step of plan.steps) {
    const results = (copiesOf(step, state.expansions) ?? []).map((copy) => state.steps.get(copy)?.result ?? null);
    if (ranOverNothing(state, step)) steps[step.stepId] = [];
    else if (results.some((result) => result !== null))
      steps[step.stepId] = (step.forEach === undefined ? results[0] : results) as unknown as JsonValue;
  }
  return { payload: payloadOf(state, params), steps, item: null, index: null, executionId: state.executionId };
}

/** The list a fan-out runs over, in pieces as its copies get them; null when there is no list. */
export function itemsOf(
  state: ExecutionState,
  step: ResolvedStep,
  params: Params = state.params,
): readonly JsonValue[] | null {
  if (step.forEach === undefined) return null;
  const found = find(step.forEach.items, scopeOf(state, planOf(state), params));
  if (!Array.isArray(found)) return null;
  const list = found as readonly JsonValue[];
  const { batchSize } = step.forEach;
  if (batchSize === undefined) return list;
  return Array.from({ length: Math.ceil(list.length / batchSize) }, (_, batch) =>
    list.slice(batch * batchSize, (batch + 1) * batchSize),
  );
}

/** The payload a step gets, and the one its undo gets. */
export function inputOf(
  state: ExecutionState,
  stepId: string,
  direction: 'forward' | 'undo',
  params: Params = paramsOf(state, stepId),
): JsonValue {
  const registered = state.steps.get(stepId)?.registered;
  if (direction === 'undo' && registered != null) return registered.input as JsonValue;
  const plan = planOf(state);
  const found = planStepOf(plan, stepId);
  if (found === undefined) return null;
  const { step, index } = found;
  const ownUndo = direction === 'undo' ? step.compensation?.input : undefined;
  const template = ownUndo ?? step.input;
  // an undo without an input of its own gets what its step got
  const over = ownUndo === undefined ? state.overrides[step.stepId] : undefined;
  if (template === undefined && over === undefined && params === null) return payloadOf(state, params);
  const item = index === null ? null : (itemsOf(state, step, params)?.[index] ?? null);
  const scope = { ...scopeOf(state, plan, params), item, index };
  const input = template === undefined ? payloadOf(state, params) : (fillIn(template as JsonValue, scope) ?? {});
  return over === undefined ? input : { ...(input as { [key: string]: JsonValue }), ...over };
}

/** Digest of what a step gets; that of the intent when it is the intent's payload untouched. */
export function inputDigestOf(state: ExecutionState, stepId: string, direction: 'forward' | 'undo'): string {
  const input = inputOf(state, stepId, direction);
  const { intent } = state;
  return intent !== null && input === intent.payload ? intent.payloadDigest : digestOf(input);
}

/** Whether a call that was recorded with this digest got what its plan makes of the outputs before it. */
export function isInputOf(
  state: ExecutionState,
  call: { readonly stepId: string; readonly inputDigest: string },
  direction: 'forward' | 'undo',
): boolean {
  const input = inputOf(state, call.stepId, direction, paramsOfCall(state, call, direction));
  const { intent } = state;
  return (intent !== null && input === intent.payload ? intent.payloadDigest : digestOf(input)) === call.inputDigest;
}

/** Everything a delivery of one step, or of its undo, is made of. */
export interface CallTerms {
  readonly stepId: string;
  readonly direction: 'forward' | 'undo';
  readonly attempt: number;
  readonly idempotencyKey: string;
  readonly capability: { readonly name: string; readonly version: string };
  /** The intent with the payload of this step. */
  readonly intent: Intent;
  readonly timeoutMs: number;
  readonly unknownOutcome: 'probe' | 'rerun' | 'park';
  readonly definiteFailures: number;
  readonly unknownOutcomes: number;
  /** What an undo undoes: the forward key, so that the participant can refuse it for ever after, and what came of it. */
  readonly undoes: { readonly idempotencyKey: string; readonly result: ParticipantResult | null } | null;
}

export function callTermsOf(state: ExecutionState, step: StepState, direction: 'forward' | 'undo'): CallTerms {
  const planned = planStepOf(planOf(state), step.stepId)?.step;
  const compensation = step.registered ?? planned?.compensation ?? null;
  const undoing = direction === 'undo' && compensation !== null;
  const intentType = undoing ? compensation.intent : (planned?.intent ?? step.capability.name);
  const attempts = direction === 'undo' ? step.undo : step;
  return {
    stepId: step.stepId,
    direction,
    attempt: attempts?.attempt ?? 1,
    idempotencyKey: attempts?.idempotencyKey ?? step.idempotencyKey,
    capability: undoing ? compensation.capability : step.capability,
    intent: intentOf(state, step.stepId, direction, intentType),
    timeoutMs: undoing ? compensation.timeoutMs : (planned?.timeoutMs ?? 1),
    unknownOutcome: undoing ? 'rerun' : (planned?.unknownOutcome ?? 'rerun'),
    definiteFailures: attempts?.definiteFailures ?? 0,
    unknownOutcomes: attempts?.unknownOutcomes ?? 0,
    undoes: undoing ? { idempotencyKey: step.idempotencyKey, result: step.result } : null,
  };
}

function intentOf(state: ExecutionState, stepId: string, direction: 'forward' | 'undo', intentType: string): Intent {
  const intent = state.intent as Intent;
  const payload = inputOf(state, stepId, direction) as Intent['payload'];
  if (payload === intent.payload && intentType === intent.intentType) return intent;
  const payloadDigest = payload === intent.payload ? intent.payloadDigest : digestOf(payload);
  return { ...intent, intentType, realm: realmOf(intentType), payload, payloadDigest };
}
