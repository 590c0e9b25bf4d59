import { pivotPassed } from '@intendant/saga';
import { ledgerOf } from './ledger-of.js';
import { type ExecutionState, type ExecutionStatus, isTerminal } from './state.js';

/** Conductor's verdict on a transition of the whole saga; the permit is recorded with it. */
export type TransitionVerdict =
  | { readonly permitted: true; readonly permit: string }
  | { readonly permitted: false; readonly permit: string; readonly rule: 'terminal' | 'pivot_passed' | 'unwinding' };

/**
 * May the saga turn to `to`? It never leaves its end, it turns round once, and not after its point of no return.
 * Pure, over what was recorded with the acceptance.
 */
export function judgeTransition(state: ExecutionState, to: ExecutionStatus): TransitionVerdict {
  const permit = `${state.status} → ${to}`;
  if (isTerminal(state.status)) return { permitted: false, permit, rule: 'terminal' };
  if (to !== 'compensating') return { permitted: true, permit };
  if (state.unwinding !== null) return { permitted: false, permit, rule: 'unwinding' };
  return pivotPassed(ledgerOf(state))
    ? { permitted: false, permit, rule: 'pivot_passed' }
    : { permitted: true, permit };
}
