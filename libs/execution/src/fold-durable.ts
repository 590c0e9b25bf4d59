import type { LogRecord } from '@intendant/wal';
import type { ExecutionState } from './state.js';

/** Folds what concerns the journal of a saga as code; nothing for any other execution. */
export function foldDurable(state: ExecutionState, _record: LogRecord): ExecutionState {
  return state;
}
