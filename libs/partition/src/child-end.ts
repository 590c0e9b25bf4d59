import {
  type ChildSettledCommand,
  type ChildStuckCommand,
  type ExecutionState,
  isTerminal,
} from '@intendant/execution';
import type { StepError } from '@intendant/intent-model';
import type { JsonValue } from '@intendant/kernel';

/** What the end of a child means to its parent. */
function childOutcome(state: ExecutionState, nowMs: number): ChildSettledCommand {
  const status = state.status as ChildSettledCommand['status'];
  const { artifacts, events, stateChanges } = state;
  const result = { artifacts: artifacts.map((one) => one.artifact), events, stateChanges };
  const shown = status === 'completed' ? (result as unknown as JsonValue) : null;
  return childEnd(state.executionId, status, state.error, shown, nowMs);
}

export const childEnd = (
  childId: string,
  status: ChildSettledCommand['status'],
  error: StepError | null,
  result: JsonValue,
  nowMs: number,
): ChildSettledCommand => ({ kind: 'child_settled', childId, status, error, result, nowMs });

/** What it means to a parent that its child has ended, or moves no more before a person acts; null while it goes on. */
export function childNews(child: ExecutionState, nowMs: number): ChildSettledCommand | ChildStuckCommand | null {
  if (isTerminal(child.status)) return childOutcome(child, nowMs);
  if (child.status !== 'stuck') return null;
  return { kind: 'child_stuck', childId: child.executionId, reason: child.stuckReason ?? 'unknown', nowMs };
}
