import type { ResolvedPlan, ResolvedStep } from '@intendant/intent-model';
import { type LedgerStep, planStepOf, type SagaLedger } from '@intendant/saga';
import { planOf } from './plan-of.js';
import type { ExecutionState, StepState } from './state.js';

/** The execution as the planner sees it: with the steps that it can be about. */
export function ledgerOf(state: ExecutionState): SagaLedger {
  const plan = planOf(state);
  const steps: Record<string, LedgerStep> = {};
  for (const step of state.steps.deciding()) steps[step.stepId] = ledgerStepOf(plan, step);
  return {
    plan,
    steps,
    expansions: state.expansions,
    isTimerSet: (timerId) => Object.hasOwn(state.timers, timerId),
    attemptOf: (stepId) => state.steps.get(stepId)?.attempt ?? 0,
    skipTags: state.terms?.skipTags ?? [],
  };
}

function ledgerStepOf(plan: ResolvedPlan, step: StepState): LedgerStep {
  const planned = planStepOf(plan, step.stepId)?.step;
  return {
    stepId: step.stepId,
    status: step.status,
    errorOutcome: harmless(planned) ? definite(step.errorOutcome) : step.errorOutcome,
    error: step.error,
    endedSeq: step.endedSeq,
    compensateSelfOnFailure: planned?.compensateSelfOnFailure ?? false,
    compensable: step.registered !== null || (planned?.compensation ?? null) !== null,
    undo: step.undo?.status ?? 'none',
    inner: step.inner,
  };
}

/** An unknown outcome of what has no side effects needs no resolution: it counts as a failure. */
const harmless = (planned: ResolvedStep | undefined): boolean =>
  planned?.sideEffects === 'none' && planned.unknownOutcome !== 'park';

const definite = (outcome: StepState['errorOutcome']): StepState['errorOutcome'] =>
  outcome === null ? null : 'definite';
