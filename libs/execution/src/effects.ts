import type { OpenChild } from './durable-state.js';
import { type ExecutionState, isSettled, type StepState } from './state.js';

/** What the world must be asked to do next; performing one twice is harmless, forgetting one is not. */
export type Effect =
  | { readonly kind: 'call'; readonly step: StepState; readonly direction: 'forward' | 'undo' }
  /** A child execution that is wanted, whether it exists yet or not. */
  | { readonly kind: 'child'; readonly childId: string; readonly child: OpenChild }
  | { readonly kind: 'timer'; readonly timerId: string; readonly dueAt: string };

/** Every effect that a state still owes. Live running, recovery and simulation perform exactly these. */
export function effects(state: ExecutionState): readonly Effect[] {
  if (isSettled(state.status)) return [];
  const owed: Effect[] = [];
  for (const step of state.steps.deciding()) {
    if (step.status === 'started' && !step.inner) owed.push({ kind: 'call', step, direction: 'forward' });
    if (step.undo?.status === 'started') owed.push({ kind: 'call', step, direction: 'undo' });
  }
  for (const [childId, child] of Object.entries(state.durable?.children ?? {}))
    owed.push({ kind: 'child', childId, child });
  for (const [timerId, dueAt] of Object.entries(state.timers)) owed.push({ kind: 'timer', timerId, dueAt });
  return owed;
}
