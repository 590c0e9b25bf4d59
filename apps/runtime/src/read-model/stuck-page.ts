import { type ExecutionState, planOf } from '@intendant/execution';
import type { StuckSaga } from '@intendant/intent-model';
import { planStepOf } from '@intendant/saga';
import type { LogRecord } from '@intendant/wal';

/** What the log says of an execution that needs a person; null when it needs none any more. `parent`: who may wait for it. */
export function stuckSagaOf(
  state: ExecutionState,
  records: readonly LogRecord[],
  parent: ExecutionState | undefined,
): StuckSaga | null {
  const { intent, status } = state;
  const standstill = standstillOf(status, records);
  if (intent === null || standstill === null) return null;
  const { stepId, reason, since, seq } = standstill;
  const claim = records.findLast(
    (record) => record.type === 'signal.applied' && record.data.signalType === 'claim' && record.seq > seq,
  );
  const claimedBy = claim === undefined ? null : claim.actor.replace(/^user:/, '');
  const service = serviceOf(state, stepId);
  return {
    executionId: state.executionId,
    intentType: intent.intentType,
    status: standstill.status,
    stepId,
    reason,
    since,
    submittedBy: intent.userId,
    parentExecutionId: parent?.durable?.children[state.executionId] === undefined ? null : parent.executionId,
    service,
    claimedBy,
    owner: claimedBy === null ? `service:${service}` : `user:${claimedBy}`,
  };
}

/** Where, why and since when it goes no further without a person. */
function standstillOf(status: ExecutionState['status'], records: readonly LogRecord[]) {
  const record = records.findLast(({ type }) => type === 'execution.stuck' || type === 'execution.paused');
  if (record?.type === 'execution.stuck' && status === 'stuck')
    return { status, seq: record.seq, since: record.occurredAt, ...record.data };
  // by an error; somebody's pause names no step
  if (record?.type !== 'execution.paused' || status !== 'paused' || record.data.stepId === undefined) return null;
  const { reason, stepId } = record.data;
  return { status, seq: record.seq, since: record.occurredAt, reason, stepId };
}

/** The execution that says it is a child of; anybody may say so. */
export const claimedParentOf = ({ intent }: ExecutionState): string | null => {
  const parentId = intent?.metadata['parentExecutionId'];
  return typeof parentId === 'string' ? parentId : null;
};

function serviceOf(state: ExecutionState, stepId: string): string {
  const step = state.steps.get(stepId);
  const plan = planOf(state);
  // a fan-out that met no list has no copies: it stands under its own name
  const planned = planStepOf(plan, stepId)?.step ?? plan.steps.find((one) => one.stepId === stepId);
  const isUndo = step?.undo?.status === 'failed';
  if (isUndo && step.registered !== null) return step.registered.service;
  const name = ((isUndo ? planned?.compensation?.capability : undefined) ?? step?.capability ?? planned?.capability)
    ?.name;
  return state.capabilities.find((capability) => capability.name === name)?.service ?? 'unknown';
}
