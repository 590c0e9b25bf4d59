import type { SagaTrace, TraceRecord } from './swept-saga.js';
import { isFailed, plannedOf, stepsIn, type TraceStep, termsOf, text } from './trace-steps.js';

/** Steps before their dependencies, more at once than allowed, undos that are not the reverse of what was done. */
export function orderProblems(trace: SagaTrace): readonly string[] {
  const problems: string[] = [];
  const { plan } = termsOf(trace);
  const expansions = new Map<string, number>();
  const undone: string[] = [];
  stepsIn(trace, (record, steps) => {
    const stepId = text(record, 'stepId');
    if (record.type === 'step.expanded') expansions.set(stepId, Number(record.data['count']));
    if (record.type === 'step.started' && record.data['op'] === undefined) {
      for (const on of plannedOf(plan, stepId)?.dependsOn ?? [])
        if (!isOver(on, steps, expansions, plan))
          problems.push(`seq ${record.seq}: ${stepId} starts before ${on} is done`);
      const busy = [...steps.values()].filter((step) => !step.inner && isOpen(step)).length;
      if (plan !== null && busy >= plan.concurrencyMax)
        problems.push(`seq ${record.seq}: ${stepId} starts beside ${busy} others, ${plan.concurrencyMax} are allowed`);
    }
    if (FIRST_WORD_OF_AN_UNDO.has(record.type)) problems.push(...undoProblems(record, steps, undone));
  });
  return problems;
}

const FIRST_WORD_OF_AN_UNDO = new Set(['compensation.started', 'compensation.skipped']);

const isOpen = (step: TraceStep): boolean => step.startedSeqs.length > 0 && step.end === 'none';

function isOver(
  stepId: string,
  steps: ReadonlyMap<string, TraceStep>,
  expansions: ReadonlyMap<string, number>,
  plan: ReturnType<typeof termsOf>['plan'],
): boolean {
  const done = (id: string): boolean => ['succeeded', 'skipped'].includes(steps.get(id)?.end ?? 'none');
  // what was skipped ahead of its turn holds back what depends on it until it is its turn
  if (steps.get(stepId)?.end === 'skipped')
    return (plannedOf(plan, stepId)?.dependsOn ?? []).every((on) => isOver(on, steps, expansions, plan));
  if (done(stepId)) return true;
  const count = expansions.get(stepId);
  return count !== undefined && Array.from({ length: count }, (_, index) => `${stepId}.${index}`).every(done);
}

/** Undo begins when nothing runs any more, takes one step at a time, and the one that ended last first. */
function undoProblems(record: TraceRecord, steps: ReadonlyMap<string, TraceStep>, undone: string[]): readonly string[] {
  const stepId = text(record, 'stepId');
  const at = `seq ${record.seq}: the undo of ${stepId}`;
  if (undone.includes(stepId)) return [];
  undone.push(stepId);
  const all = [...steps.values()];
  const open = all.find(isOpen);
  const beside = all.find((one) => one.stepId !== stepId && (one.undo === 'started' || one.undo === 'failed'));
  const [next] = toUndo(all).filter((one) => one.stepId === stepId || !undone.includes(one.stepId));
  return [
    ...(open === undefined ? [] : [`${at} begins while ${open.stepId} runs`]),
    ...(beside === undefined ? [] : [`${at} begins beside that of ${beside.stepId}`]),
    ...(next?.stepId === stepId ? [] : [`${at} comes before that of ${next?.stepId ?? 'nothing'}`]),
  ];
}

/** What an unwinding answers for: what succeeded, and what failed and undoes itself; the last that ended first. */
export const toUndo = (steps: readonly TraceStep[]): readonly TraceStep[] =>
  steps
    .filter((step) => step.end === 'succeeded' || (step.planned?.compensateSelfOnFailure === true && isFailed(step)))
    .toSorted((a, b) => b.endedSeq - a.endedSeq);
