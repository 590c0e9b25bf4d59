import type { RecordDraft } from '@intendant/wal';
import { openSteps } from './advance-durable.js';
import type { ChildSettledCommand, ChildStuckCommand } from './commands.js';
import { MAIN_STEP } from './plan-of.js';
import { type ExecutionState, isTerminal } from './state.js';
import { hasHandlerEnded } from './unknown-inside.js';

const RUNTIME = 'runtime';

/** A saga that has turned round and brought to an end all of its own: what is left to wait for are its children. */
export function waitsForChildrenOnly(state: ExecutionState): boolean {
  const { durable, unwinding } = state;
  if (durable === null || unwinding === null || isTerminal(state.status)) return false;
  const isAtRest = state.steps.get(MAIN_STEP)?.status === 'suspended' || hasHandlerEnded(state);
  return isAtRest && Object.keys(durable.children).length > 0 && openSteps(state).length === 0;
}

/** A child of this step is awaited, and nothing else. */
export const isAwaitedChild = (state: ExecutionState, stepId: string): boolean =>
  waitsForChildrenOnly(state) &&
  Object.values(state.durable?.children ?? {}).some((child) => child.operationId === stepId);

/**
 * The end of a child, once. It takes up a parent that is stuck for want of it: the person who moved the child has moved
 * the parent with it.
 */
export function childSettled(state: ExecutionState, command: ChildSettledCommand): readonly RecordDraft[] {
  const { childId, status, result, error } = command;
  const stepId = state.durable?.children[childId]?.operationId;
  const isStuck = state.status === 'stuck';
  if (stepId === undefined || isTerminal(state.status) || (isStuck && !waitsForChildrenOnly(state))) return [];
  const by = { actor: RUNTIME, cause: { seq: state.lastSeq } } as const;
  const takenUp = { from: 'stuck' as const, reason: `child ${childId} is ${status}` };
  const data = { childId, error, result: result as null, status, stepId };
  return [
    ...(isStuck ? [{ type: 'execution.resumed' as const, ...by, data: takenUp }] : []),
    { type: 'child.settled', ...by, data },
  ];
}

/** A saga that turned round brings everything to a definite outcome or parks; a stuck child has none before a person acts. */
export function childStuck(state: ExecutionState, { childId, reason }: ChildStuckCommand): readonly RecordDraft[] {
  const stepId = state.durable?.children[childId]?.operationId;
  if (stepId === undefined || state.status === 'stuck' || !waitsForChildrenOnly(state)) return [];
  const data = { reason: `child ${childId} is stuck: ${reason}`.slice(0, 512), stepId };
  return [{ type: 'execution.stuck', actor: RUNTIME, cause: { seq: state.lastSeq }, data }];
}
