import { type ExecutionState, type JournalBatch, MAIN_STEP, type RegisteredCompensation } from '@intendant/execution';
import type { JournalCommand, RetryPolicy, StepError } from '@intendant/intent-model';
import { err } from '@intendant/kernel';
import type { UndoLookup } from './ports.js';

/** How often and how patiently an undo of a saga as code is tried, unless the handler says otherwise. */
const UNDO_RETRY: RetryPolicy = { attemptsMax: 5, capMs: 60_000, factor: 2, initialMs: 1_000, nonRetryableCodes: [] };

const nobody: UndoLookup = (intent) =>
  err({ code: 'capability_not_found', message: `no capability answers ${intent}`, retryable: false, details: null });

/** The commands with everything looked up that undoes them, and what may not begin because that cannot be undone so. */
export function batchOf(
  { steps, capabilities }: Pick<ExecutionState, 'steps' | 'capabilities'>,
  commands: readonly JournalCommand[],
  lookUp: UndoLookup = nobody,
): JournalBatch {
  const main = steps.get(MAIN_STEP)?.capability.name;
  const service = capabilities.find(({ name }) => name === main)?.service ?? '';
  const undos = new Map<JournalCommand, RegisteredCompensation>();
  const refused = new Map<JournalCommand, StepError>();
  for (const command of commands) {
    if (!('compensate' in command) || command.compensate === undefined) continue;
    const { intent, input, retry, timeoutMs } = command.compensate;
    const found = lookUp(intent, service);
    if (!found.ok) refused.set(command, found.error);
    else
      undos.set(command, {
        ...found.value,
        input,
        intent,
        retry: retry ?? UNDO_RETRY,
        timeoutMs: timeoutMs ?? found.value.timeoutMs,
      });
  }
  return { commands, undos, refused };
}
