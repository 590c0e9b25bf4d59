import type { ChildSettledCommand, ExecutionState } from '@intendant/execution';
import type { StepError } from '@intendant/intent-model';
import type { JsonValue } from '@intendant/kernel';

/** What the end of a child means to its parent. */
export function childOutcome(state: ExecutionState, nowMs: number): ChildSettledCommand {
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
