import type { OpenWait } from './durable-state.js';
import { type ExecutionState, isTerminal } from './state.js';

/** What somebody may answer or signal: nothing once the saga has turned round, for its handler goes no further. */
export const openWaits = ({ durable, status, unwinding }: ExecutionState): readonly OpenWait[] =>
  unwinding !== null || isTerminal(status) ? [] : (durable?.waits ?? []);
