import type { SagaTrace } from './swept-saga.js';
import { isCompensable, isUnknown, stepsIn, type TraceStep } from './trace-steps.js';

/**
 * Effects by their steps: one of a step that succeeded, none after its undo, none of a step that never did anything.
 * `effectful` are the steps that have an effect when all goes well.
 */
export function effectProblems(trace: SagaTrace, effectful: ReadonlySet<string>): readonly string[] {
  const steps = stepsIn(trace);
  const problems: string[] = [];
  for (const stepId of new Set([...effectful, ...Object.keys(trace.effects)])) {
    const found = trace.effects[stepId] ?? 0;
    const allowed = allowedEffects(steps.get(stepId), effectful.has(stepId));
    if (!allowed.includes(found)) problems.push(`${stepId} has ${found} effects, not ${allowed.join(' or ')}`);
  }
  const undone = [...steps.values()].every((step) => step.end !== 'succeeded' || step.undo === 'succeeded');
  if (trace.status === 'compensated' && undone && trace.traceless === false)
    problems.push('it is compensated, and something can still be seen of it');
  return problems;
}

function allowedEffects(step: TraceStep | undefined, effectful: boolean): readonly number[] {
  if (step === undefined || step.end === 'skipped') return [0];
  if (step.undo === 'succeeded') return [0];
  // nobody knows: that is why it stands still
  if (isUnknown(step) || step.end === 'none' || step.undo === 'started' || step.undo === 'failed') return [0, 1];
  if (step.end === 'succeeded') return effectful ? [1] : [0, 1];
  // what failed and may have left something behind is undone if it can be
  return step.planned?.compensateSelfOnFailure === true && !isCompensable(step) ? [0, 1] : [0];
}
