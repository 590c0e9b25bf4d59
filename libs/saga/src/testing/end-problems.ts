import { toUndo } from './order-problems.js';
import type { SagaTrace, TraceRecord } from './swept-saga.js';
import {
  isCompensable,
  isFailed,
  isUnknown,
  stepsIn,
  type TraceStep,
  type TraceTerms,
  termsOf,
  text,
} from './trace-steps.js';

/** How a saga may end, and how it must end by what became of its steps. */
export function endProblems(trace: SagaTrace): readonly string[] {
  const { plan } = termsOf(trace);
  const steps = [...stepsIn(trace).values()];
  const standing = trace.children.some((child) => child.status === 'stuck' || child.status === 'paused');
  const must = [...mustEndAs(trace, steps), ...(standing ? ['waiting', 'compensating'] : [])];
  const problems = must.includes(trace.status) ? [] : [`it is ${trace.status}, not ${must.join(' or ')}`];
  if (trace.status === 'compensated') problems.push(...leftBehind(steps));
  const unwound = steps.filter((step) => step.undo !== 'none');
  if (['completed', 'failed'].includes(trace.status) && unwound.length > 0)
    problems.push(`it is ${trace.status} and ${unwound[0]?.stepId} was undone`);
  if (pivotPassed(plan, steps) && unwound.length > 0)
    problems.push(`it passed its point of no return and ${unwound[0]?.stepId} was undone`);
  return problems;
}

function leftBehind(steps: readonly TraceStep[]): readonly string[] {
  return toUndo(steps).flatMap((step) => {
    const expected = isCompensable(step) ? ['succeeded', 'skipped'] : ['skipped'];
    return expected.includes(step.undo) ? [] : [`the undo of ${step.stepId} is ${step.undo}`];
  });
}

function mustEndAs(trace: SagaTrace, steps: readonly TraceStep[]): readonly string[] {
  const { plan, recovery, durable } = termsOf(trace);
  if (trace.records.some((record) => record.data['signalType'] === 'emergency_stop')) return ['cancelled'];
  // a saga whose point of no return succeeded after it had turned round goes forward again
  const turn = trace.records.findLast((record) => record.type === 'execution.compensating' || goesForward(record));
  const turned = turn?.type === 'execution.compensating' ? turn : undefined;
  if (steps.some((step) => isUnknown(step) && !step.inner)) return ['stuck'];
  if (steps.some((step) => step.undo === 'failed')) return ['stuck'];
  if (turned !== undefined) return steps.some(isUnknown) ? ['stuck'] : [text(turned, 'target')];
  const failed = steps.filter((step) => isFailed(step) && !step.inner);
  // a person who resolves a step has not its result: a fan-out over it finds no list, and is stuck
  const resolved = trace.records.some((record) => record.type === 'step.resolved');
  if (failed.length === 0) return resolved ? ['completed', 'stuck'] : ['completed'];
  if (steps.some(isUnknown)) return ['stuck'];
  // a handler that has begun could not be called again: nothing was tried, and nothing is undone for it
  if (durable && steps.some((step) => step.inner) && isOutOfReach(trace)) return ['stuck'];
  if (recovery === 'pause') return ['paused'];
  if (recovery === 'abort') return ['failed'];
  if (pivotPassed(plan, steps)) return ['stuck'];
  return toUndo(steps).some(isCompensable) ? ['compensated'] : ['failed'];
}

const isOutOfReach = ({ records }: SagaTrace): boolean => {
  const last = records.findLast((record) => record.type === 'step.failed' && record.data['op'] === undefined);
  const { code } = (last?.data['error'] ?? {}) as { readonly code?: unknown };
  return code === 'participant_unreachable' && last?.data['outcome'] === 'definite';
};

/** Of a plan that takes anything back: what succeeded and stays, whether it was declared or not. */
function pivotPassed(plan: TraceTerms['plan'], steps: readonly TraceStep[]): boolean {
  if (!plan?.steps.some((step) => step.pivot || step.compensation !== null)) return false;
  const stays = steps.filter(({ planned }) => planned?.pivot === true || isIrreversible(planned));
  return stays.some((step) => step.end === 'succeeded');
}

const isIrreversible = (planned: TraceStep['planned']): boolean =>
  planned !== null && planned.compensation === null && planned.sideEffects !== 'none';

const goesForward = ({ type, data }: TraceRecord): boolean =>
  type === 'execution.resumed' && data['from'] === 'compensating';
