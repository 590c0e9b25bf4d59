import {
  type ExecutionState,
  evolve,
  IllegalRecord,
  isInputOf,
  ledgerOf,
  noExecution,
  planOf,
  type StepState,
  stepKey,
} from '@intendant/execution';
import { copiesOf, declaredPivotPassed, planStepOf } from '@intendant/saga';
import type { LogRecord } from '@intendant/wal';

export type Finding = { readonly seq: number | null; readonly finding: string } | null;

type Started = Extract<LogRecord, { type: 'step.started' | 'compensation.started' }>;

/** Walks through an execution's log with the state before each record; stops where the log does not fold. */
export function walk(
  executionId: string,
  records: readonly LogRecord[],
  visit: (before: ExecutionState, record: LogRecord) => string | null,
): Finding {
  let state = noExecution(executionId);
  for (const record of records) {
    const finding = visit(state, record);
    if (finding !== null) return { seq: record.seq, finding };
    try {
      state = evolve(state, record);
    } catch (error) {
      // that the order is illegal is said by the check of the order
      if (error instanceof IllegalRecord) return null;
      throw error;
    }
  }
  return null;
}

const isStart = (record: LogRecord): record is Started =>
  record.type === 'step.started' || record.type === 'compensation.started';

/** Every call got what its plan makes of the outputs before it, under the key of its step and direction. */
export function callsMatch(executionId: string, records: readonly LogRecord[]): Finding {
  return walk(executionId, records, (before, record) => {
    if (!isStart(record) || before.terms === null) return null;
    const { stepId, idempotencyKey } = record.data;
    const direction = record.type === 'step.started' ? 'forward' : 'undo';
    if (idempotencyKey !== stepKey(record.tenantId, executionId, stepId, direction))
      return 'the idempotency key is not the one of the step';
    // a step of a saga as code has no input of its own
    if (record.type === 'step.started' && record.data.op !== undefined) return null;
    return isInputOf(before, record.data, direction) ? null : 'the step ran on another input';
  });
}

/** Steps start after their dependencies; what is undone is what succeeded, the last that ended first. */
export function sagaInvariants(executionId: string, records: readonly LogRecord[]): Finding {
  return walk(executionId, records, (before, record) => {
    if (before.terms === null) return null;
    if (record.type === 'step.started' && record.data.op === undefined) return startedTooEarly(before, record);
    if (record.type === 'execution.cancelled' && wasStopped(record, records)) return null;
    if (GOES_BACK.has(record.type) && declaredPivotPassed(ledgerOf(before)))
      return `${record.type} after the point of no return had succeeded`;
    if (record.type === 'compensation.started') return undoneOutOfOrder(before, record.data.stepId);
    return record.type === 'execution.compensated' || record.type === 'execution.cancelled'
      ? leftUndone(before, record)
      : null;
  });
}

/** What a saga past its point of no return does no more. */
const GOES_BACK = new Set<string>([
  'execution.compensating',
  'compensation.started',
  'execution.compensated',
  'execution.cancelled',
]);

function startedTooEarly(
  before: ExecutionState,
  { data }: Extract<LogRecord, { type: 'step.started' }>,
): string | null {
  if (before.unwinding !== null && before.steps.get(data.stepId)?.errorOutcome !== 'unknown')
    return `step ${data.stepId} started while the saga unwound`;
  const plan = planOf(before);
  const step = planStepOf(plan, data.stepId)?.step;
  if (step === undefined) return `step ${data.stepId} is not in the plan`;
  const early = notDone(before, step.dependsOn);
  return early === null ? null : `step ${data.stepId} started before ${early} was done`;
}

/** The first step that is not done, among those named and, behind what was skipped, those that it depended on. */
function notDone(before: ExecutionState, stepIds: readonly string[]): string | null {
  const asked = new Set(stepIds);
  const done = (id: string): boolean => ['succeeded', 'skipped'].includes(before.steps.get(id)?.status ?? '');
  for (const stepId of asked) {
    const step = planOf(before).steps.find((one) => one.stepId === stepId);
    const copies = step === undefined ? undefined : copiesOf(step, before.expansions);
    if (!done(stepId) && !copies?.every(done)) return stepId;
    const isSkipped = before.steps.get(stepId)?.status === 'skipped';
    for (const behind of isSkipped ? (step?.dependsOn ?? []) : []) asked.add(behind);
  }
  return null;
}

function undoneOutOfOrder(before: ExecutionState, stepId: string): string | null {
  const step = before.steps.get(stepId);
  if (step === undefined) return `${stepId} never ran`;
  const selfUndoing = planStepOf(planOf(before), stepId)?.step.compensateSelfOnFailure === true;
  if (step.status !== 'succeeded' && !selfUndoing) return `${stepId} did not succeed and is undone`;
  const later = [...before.steps].find(
    (one) => one.status === 'succeeded' && (one.endedSeq ?? 0) > (step.endedSeq ?? 0) && !isUndone(one),
  );
  return later === undefined ? null : `${stepId} is undone before ${later.stepId}, which ended after it`;
}

const isUndone = ({ undo }: StepState): boolean => undo?.status === 'succeeded' || undo?.status === 'skipped';

/** An emergency stop leaves things as they are, whichever way the saga went, and says which are in flight. */
const wasStopped = ({ causationSeq }: LogRecord, records: readonly LogRecord[]): boolean =>
  records.some(
    ({ seq, type, data }) => seq === causationSeq && type === 'signal.applied' && data.signalType === 'emergency_stop',
  );

function leftUndone(
  before: ExecutionState,
  record: Extract<LogRecord, { type: 'execution.compensated' | 'execution.cancelled' }>,
): string | null {
  const plan = planOf(before);
  const left = [...before.steps].find(
    (step) =>
      step.status === 'succeeded' && !isUndone(step) && (step.inner || planStepOf(plan, step.stepId) !== undefined),
  );
  return left === undefined ? null : `${left.stepId} succeeded and was not undone before ${record.type}`;
}
