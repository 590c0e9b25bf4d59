import type { ResolvedStep } from '@intendant/intent-model';
import { copiesOf, isDone, type LedgerStep, retryTimerOf, type SagaLedger } from './ledger.js';

/** What is due while a saga goes forward. */
export type ForwardMove =
  | { readonly kind: 'start'; readonly stepId: string; readonly step: ResolvedStep; readonly index: number | null }
  | { readonly kind: 'expand'; readonly step: ResolvedStep }
  | { readonly kind: 'skip'; readonly stepId: string; readonly tag: string }
  /** Every step is done. */
  | { readonly kind: 'complete' }
  /** A step failed for good and nothing is in flight that could still change what there is to undo. */
  | { readonly kind: 'recover'; readonly failed: LedgerStep; readonly pivotPassed: boolean }
  /** An outcome is unknown and may not be guessed. */
  | { readonly kind: 'park'; readonly unknown: LedgerStep };

/**
 * The moves that are due now, in the order of the plan; none when the saga waits. A step starts only after all its
 * dependencies are done and while fewer than `concurrencyMax` are at work. Once a step has failed for good nothing new
 * starts; what is started runs to its outcome first.
 */
export function planForward(ledger: SagaLedger): readonly ForwardMove[] {
  const failed = firstFailed(ledger);
  if (failed !== undefined) return recoverWhenDrained(ledger, failed);
  const moves: ForwardMove[] = [];
  let free = ledger.plan.concurrencyMax - atWork(ledger);
  let done = 0;
  const isReached = reachedIn(ledger);
  for (const step of ledger.plan.steps) {
    if (isStepDone(ledger, step)) done += 1;
    else if (step.dependsOn.every(isReached)) {
      const due = dueOf(ledger, step, free);
      free -= due.filter((move) => move.kind === 'start').length;
      moves.push(...due);
    }
  }
  return done === ledger.plan.steps.length ? [{ kind: 'complete' }] : moves;
}

function dueOf(ledger: SagaLedger, step: ResolvedStep, free: number): readonly ForwardMove[] {
  const tag = step.skipTags.find((one) => ledger.skipTags.includes(one));
  if (tag !== undefined && ledger.steps[step.stepId] === undefined) return [{ kind: 'skip', stepId: step.stepId, tag }];
  const copies = copiesOf(step, ledger.expansions);
  if (copies === undefined) return [{ kind: 'expand', step }];
  const moves: ForwardMove[] = [];
  for (const [position, stepId] of copies.entries()) {
    if (moves.length < free && isDue(ledger, stepId, ledger.steps[stepId]))
      moves.push({ kind: 'start', stepId, step, index: step.forEach === undefined ? null : position });
  }
  return moves;
}

/** Never started, or awaiting a retry whose timer is over. */
function isDue(ledger: SagaLedger, stepId: string, known: LedgerStep | undefined): boolean {
  if (known === undefined) return true;
  return known.status === 'awaiting_retry' && !ledger.isTimerSet(retryTimerOf(stepId, ledger.attemptOf(stepId) + 1));
}

/** Tells whether what depends on a step may start: one that was skipped ahead of its turn stands for all that is before it. */
function reachedIn(ledger: SagaLedger): (stepId: string) => boolean {
  const known = new Map<string, boolean>();
  const isReached = (stepId: string): boolean => {
    const found = known.get(stepId);
    if (found !== undefined) return found;
    const step = ledger.plan.steps.find((one) => one.stepId === stepId);
    const isSkipped = ledger.steps[stepId]?.status === 'skipped';
    const reached = step !== undefined && isStepDone(ledger, step) && (!isSkipped || step.dependsOn.every(isReached));
    known.set(stepId, reached);
    return reached;
  };
  return isReached;
}

/** The step, or every copy of it, is done; a fan-out may be skipped as a whole before it meets its list. */
function isStepDone(ledger: SagaLedger, step: ResolvedStep): boolean {
  if (isDone(ledger.steps[step.stepId])) return true;
  return copiesOf(step, ledger.expansions)?.every((copy) => isDone(ledger.steps[copy])) ?? false;
}

const atWork = (ledger: SagaLedger): number =>
  Object.values(ledger.steps).filter((step) => !step.inner && isUnderWay(step)).length;

/** It has been started and has no outcome yet. */
export const isUnderWay = (step: LedgerStep): boolean => step.status === 'started' || step.status === 'suspended';

const firstFailed = (ledger: SagaLedger): LedgerStep | undefined =>
  Object.values(ledger.steps).find((step) => step.status === 'failed' && !step.inner);

function recoverWhenDrained(ledger: SagaLedger, failed: LedgerStep): readonly ForwardMove[] {
  if (atWork(ledger) > 0) return [];
  const steps = Object.values(ledger.steps);
  const unknown = steps.find((step) => step.status === 'failed' && step.errorOutcome === 'unknown');
  if (unknown !== undefined) return [{ kind: 'park', unknown }];
  // an attempt of unknown outcome that waits for its redelivery is brought to an outcome first
  if (steps.some((step) => step.status === 'awaiting_retry' && step.errorOutcome === 'unknown'))
    return redeliveriesDue(ledger);
  return [{ kind: 'recover', failed, pivotPassed: pivotPassed(ledger) }];
}

/** Redeliveries whose wait is over, of attempts that ended in an unknown outcome; no more than may be at work. */
export function redeliveriesDue(ledger: SagaLedger): readonly ForwardMove[] {
  const due = ledger.plan.steps.flatMap((step) =>
    (copiesOf(step, ledger.expansions) ?? []).flatMap((stepId, position): readonly ForwardMove[] => {
      const known = ledger.steps[stepId];
      if (known?.errorOutcome !== 'unknown' || !isDue(ledger, stepId, known)) return [];
      return [{ kind: 'start', stepId, step, index: step.forEach === undefined ? null : position }];
    }),
  );
  return due.slice(0, ledger.plan.concurrencyMax - atWork(ledger));
}

type Passed = Pick<SagaLedger, 'plan' | 'steps' | 'expansions'>;

/**
 * A point of no return has succeeded: one that is declared, or a step with side effects that nothing undoes. To undo what
 * was before it would leave its effect alone. A plan that declares neither pivot nor undo takes nothing back anyway.
 */
export function pivotPassed(ledger: Passed): boolean {
  const { steps } = ledger.plan;
  if (!steps.some((step) => step.pivot || step.compensation !== null)) return false;
  return steps.some((step) => (step.pivot || isIrreversible(step)) && hasSucceeded(ledger, step));
}

const isIrreversible = ({ compensation, sideEffects }: ResolvedStep): boolean =>
  compensation === null && sideEffects !== 'none';

/** A step declared as the point of no return has succeeded: all that histories were held to from the beginning. */
export const declaredPivotPassed = (ledger: Passed): boolean =>
  ledger.plan.steps.some((step) => step.pivot && hasSucceeded(ledger, step));

const hasSucceeded = ({ steps, expansions }: Passed, step: ResolvedStep): boolean =>
  copiesOf(step, expansions)?.some((copy) => steps[copy]?.status === 'succeeded') ?? false;
