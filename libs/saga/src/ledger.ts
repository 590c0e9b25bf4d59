import type { ResolvedPlan, ResolvedStep, StepError } from '@intendant/intent-model';
import type { StepStatus, UndoStatus } from './step.js';

/** What the planner needs to know about one step that was started or skipped; a copy of a fan-out is a step of its own. */
export interface LedgerStep {
  readonly stepId: string;
  readonly status: StepStatus;
  readonly errorOutcome: 'definite' | 'unknown' | null;
  readonly error: StepError | null;
  /** Seq of the record that ended the step, in whichever way. */
  readonly endedSeq: number | null;
  readonly compensateSelfOnFailure: boolean;
  readonly compensable: boolean;
  readonly undo: UndoStatus;
  /** Inside the handler of a saga as code: it answers to the handler, not to the plan. */
  readonly inner: boolean;
}

/** A saga in flight as its log tells it. */
export interface SagaLedger {
  readonly plan: ResolvedPlan;
  readonly steps: Readonly<Record<string, LedgerStep>>;
  /** Fan-outs that met their list: step id → number of copies. */
  readonly expansions: Readonly<Record<string, number>>;
  readonly isTimerSet: (timerId: string) => boolean;
  readonly attemptOf: (stepId: string) => number;
  readonly skipTags: readonly string[];
}

export const retryTimerOf = (stepId: string, attempt: number): string => `retry/${stepId}/${attempt}`;
export const undoTimerOf = (stepId: string, attempt: number): string => `undo/${stepId}/${attempt}`;

/** The ids under which a step of the plan runs: its own, or one per copy; undefined before the list is known. */
export function copiesOf(
  step: Pick<ResolvedStep, 'stepId' | 'forEach'>,
  expansions: SagaLedger['expansions'],
): readonly string[] | undefined {
  if (step.forEach === undefined) return [step.stepId];
  const count = expansions[step.stepId];
  return count === undefined ? undefined : Array.from({ length: count }, (_, index) => `${step.stepId}.${index}`);
}

/** The step of the plan that `stepId` is, or is a copy of; undefined for a step of a saga as code. */
export function planStepOf(
  plan: ResolvedPlan,
  stepId: string,
): { readonly step: ResolvedStep; readonly index: number | null } | undefined {
  const dot = stepId.indexOf('.');
  const planStepId = dot === -1 ? stepId : stepId.slice(0, dot);
  const step = plan.steps.find((one) => one.stepId === planStepId);
  if (step === undefined || (dot === -1) !== (step.forEach === undefined)) return undefined;
  return { step, index: dot === -1 ? null : Number(stepId.slice(dot + 1)) };
}

/** The step ended as it should, or need not run. */
export const isDone = (step: LedgerStep | undefined): boolean =>
  step?.status === 'succeeded' || step?.status === 'skipped';
