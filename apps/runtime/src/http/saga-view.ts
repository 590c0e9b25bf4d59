import { awaitsApproval, type ExecutionState, planOf, START_APPROVAL, type StepState } from '@intendant/execution';
import type { AwaitedChildView, LedgerStepView, ResolvedPlan, ResolvedStep, SagaReply } from '@intendant/intent-model';
import { copiesOf, type Health, planStepOf } from '@intendant/saga';
import { worstOf } from './awaited-children.js';
import { executionView } from './execution-view.js';

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
    pausedBecause: state.pausedBecause,
    stuckReason,
    error,
    settledAt,
    lastSeq,
  };
}

/** What somebody may answer: the approval to start, or what the handler of a saga as code waits for. */
function waitsOf(state: ExecutionState): SagaReply['waits'] {
  if (awaitsApproval(state)) {
    const prompt = `${state.intent?.intentType} of ${state.intent?.userId} needs an approval`;
    return [{ waitId: START_APPROVAL, name: `approval:${START_APPROVAL}`, approval: true, prompt }];
  }
  return (state.durable?.waits ?? []).map(({ waitId, name, approval, prompt }) => ({ waitId, name, approval, prompt }));
}

/** A fan-out that has not met its list, or was skipped before, stands for its copies. */
function ofPlan(state: ExecutionState, plan: ResolvedPlan): readonly LedgerStepView[] {
  return plan.steps.flatMap((planned) => {
    const whole = state.steps.has(planned.stepId);
    const ids = (whole ? undefined : copiesOf(planned, state.expansions)) ?? [planned.stepId];
    return ids.map((stepId) => stepView(stepId, planned, state.steps.get(stepId)));
  });
}

/** Steps of a saga as code. */
const beyondPlan = (state: ExecutionState, plan: ResolvedPlan): readonly LedgerStepView[] =>
  [...state.steps]
    .filter(({ stepId }) => planStepOf(plan, stepId) === undefined && !plan.steps.some((one) => one.stepId === stepId))
    .map((step) => stepView(step.stepId, undefined, step));

function stepView(stepId: string, planned: ResolvedStep | undefined, step: StepState | undefined): LedgerStepView {
  const capability = step?.capability ?? planned?.capability ?? { name: '', version: '' };
  return {
    stepId,
    planStepId: planned?.stepId ?? null,
    intent: planned?.intent ?? capability.name,
    capability: { ...capability },
    status: step?.status ?? 'never_started',
    attempts: step?.attempt ?? 0,
    logicalAttempt: 1 + (step?.definiteFailures ?? 0),
    deliveryAttempt: 1 + (step?.unknownOutcomes ?? 0),
    error: step?.error ?? null,
    errorOutcome: step?.errorOutcome ?? null,
    dependsOn: [...(planned?.dependsOn ?? [])],
    pivot: planned?.pivot ?? false,
    endedSeq: step?.endedSeq ?? null,
    compensation: undoView(planned, step),
  };
}

function undoView(planned: ResolvedStep | undefined, step: StepState | undefined): LedgerStepView['compensation'] {
  const declared = step?.registered ?? planned?.compensation ?? null;
  if (declared === null) return null;
  return {
    intent: declared.intent,
    capability: { ...declared.capability },
    status: step?.undo?.status ?? 'none',
    attempts: step?.undo?.attempt ?? 0,
    error: step?.undo?.error ?? null,
    errorOutcome: step?.undo?.errorOutcome ?? null,
  };
}
