import type { ExecutionState, SignalCommand } from '@intendant/execution';
import type { SignalOutcome } from './ports.js';

/** An entry of a signal begins with its decision; the signal itself comes next. */
export const SIGNAL_APPLIED_AT = 2;

/** What is said to a signal id that was used before; null when it is new. */
export function knownSignal(state: ExecutionState, command: SignalCommand): SignalOutcome | null {
  const known = state.signals[command.signalId];
  if (known === undefined) return null;
  if (known.signalType === command.signalType && known.payloadDigest === command.payloadDigest)
    return { kind: 'known', state };
  const detail = `${command.signalId} was used for another signal (${known.signalType})`;
  return { kind: 'refused', refusal: { code: 'signal_duplicate', detail } };
}
