import {
  awaitsApproval,
  type ExecutionState,
  isTerminal,
  openWaits,
  planOf,
  type StepState,
  startApprovalOf,
} from '@intendant/execution';
import type { AwaitedChildView, LedgerStepView, ResolvedPlan, ResolvedStep, SagaReply } from '@intendant/intent-model';
import { copiesOf, type Health, planStepOf } from '@intendant/saga';
import { worstOf } from './awaited-children.js';
import { executionView } from './execution-view.js';
import { shownStatus } from './shown-status.js';

const NEVER_STARTED = { status: 'never_started', errorOutcome: null } as const;
const NO_UNDO = { status: 'none', errorOutcome: null } as const;

/** The ledger of an execution: every step of the plan in its order, started or not, with its undo. */
export function sagaView(
  state: ExecutionState,
  own: Health,
  recovering: boolean,
  children: readonly AwaitedChildView[] = [],
): SagaReply {
  const {
    executionId,
    intentId,
    intentType,
    correlationId,
    status,
    substatus,
    settledAt,
    lastSeq,
    error,
    stuckReason,
  } = executionView(state, recovering);
  const plan = planOf(state);
  return {
    executionId,
    intentId,
    intentType,
    correlationId,
    status,
    substatus,
    health: worstOf([own, ...children.map(({ health }) => health)]),
    recovery: state.terms?.recovery ?? 'compensate',
    concurrencyMax: plan.concurrencyMax,
    steps: [...ofPlan(state, plan), ...beyondPlan(state, plan)],
    unwinding: state.unwinding,
    waits: waitsOf(state),
    children: [...children],
    pausedBecause: isTerminal(state.status) ? null : state.pausedBecause,
    stuckReason,
    error,
    settledAt,
    lastSeq,
  };
}

/** What somebody may answer: the approval to start, or what the handler of a saga as code waits for. */
function waitsOf(state: ExecutionState): SagaReply['waits'] {
  if (awaitsApproval(state)) {
    const waitId = startApprovalOf(state);
    const changed = [...new Set(state.changedBy)].map((actor) => ` changed by ${actor}`).join(',');
    const prompt = `${state.intent?.intentType} of ${state.intent?.userId}${changed} needs an approval`;
    return [{ waitId, name: `approval:${waitId}`, approval: true, prompt }];
  }
  return openWaits(state).map(({ waitId, name, approval, prompt }) => ({ waitId, name, approval, prompt }));
}

/** A fan-out that has not met its list, or was skipped before, stands for its copies. */
function ofPlan(state: ExecutionState, plan: ResolvedPlan): readonly LedgerStepView[] {
  return plan.steps.flatMap((planned) => {
    const whole = state.steps.has(planned.stepId);
    const ids = (whole ? undefined : copiesOf(planned, state.expansions)) ?? [planned.stepId];
    return ids.map((stepId) => stepView(state, stepId, planned, state.steps.get(stepId)));
  });
}

/** Steps of a saga as code. */
const beyondPlan = (state: ExecutionState, plan: ResolvedPlan): readonly LedgerStepView[] =>
  [...state.steps]
    .filter(({ stepId }) => planStepOf(plan, stepId) === undefined && !plan.steps.some((one) => one.stepId === stepId))
    .map((step) => stepView(state, step.stepId, undefined, step));

function stepView(
  state: ExecutionState,
  stepId: string,
  planned: ResolvedStep | undefined,
  step: StepState | undefined,
): LedgerStepView {
  // a fan-out that was skipped as a whole called nobody, and its record knows of nobody
  const called = step === undefined || step.attempt === 0 ? undefined : step.capability;
  const capability = called ?? planned?.capability ?? { name: '', version: '' };
  return {
    stepId,
    planStepId: planned?.stepId ?? null,
    intent: planned?.intent ?? capability.name,
    capability: { ...capability },
    status: shownStatus(state, step ?? NEVER_STARTED),
    attempts: step?.attempt ?? 0,
    logicalAttempt: 1 + (step?.definiteFailures ?? 0),
    deliveryAttempt: 1 + (step?.unknownOutcomes ?? 0),
    error: step?.error ?? null,
    errorOutcome: step?.errorOutcome ?? null,
    dependsOn: [...(planned?.dependsOn ?? [])],
    pivot: planned?.pivot ?? false,
    endedSeq: step?.endedSeq ?? null,
    compensation: undoView(state, planned, step),
  };
}

function undoView(
  state: ExecutionState,
  planned: ResolvedStep | undefined,
  step: StepState | undefined,
): LedgerStepView['compensation'] {
  const declared = step?.registered ?? planned?.compensation ?? null;
  if (declared === null) return null;
  return {
    intent: declared.intent,
    capability: { ...declared.capability },
    status: shownStatus(state, step?.undo ?? NO_UNDO),
    attempts: step?.undo?.attempt ?? 0,
    error: step?.undo?.error ?? null,
    errorOutcome: step?.undo?.errorOutcome ?? null,
  };
}
