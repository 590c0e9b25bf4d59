import type { JournalBatch, RegisteredCompensation } from '@intendant/execution';
import type { JournalCommand, RetryPolicy } from '@intendant/intent-model';
import type { UndoLookup } from './ports.js';

/** How often and how patiently an undo of a saga as code is tried, unless the handler says otherwise. */
const UNDO_RETRY: RetryPolicy = { attemptsMax: 5, capMs: 60_000, factor: 2, initialMs: 1_000, nonRetryableCodes: [] };

/** The commands with everything looked up that undoes them, or the first intent that nobody answers. */
export function batchOf(
  commands: readonly JournalCommand[],
  lookUp: UndoLookup,
): { readonly batch: JournalBatch } | { readonly unknownIntent: string } {
  const undos: Record<string, RegisteredCompensation> = {};
  for (const command of commands) {
    if (!('compensate' in command) || command.compensate === undefined) continue;
    const { intent, input, retry, timeoutMs } = command.compensate;
    const found = lookUp(intent);
    if (found === null) return { unknownIntent: intent };
    undos[command.id] = {
      ...found,
      input,
      intent,
      retry: retry ?? UNDO_RETRY,
      timeoutMs: timeoutMs ?? found.timeoutMs,
    };
  }
  return { batch: { commands, undos } };
}
