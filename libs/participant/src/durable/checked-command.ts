import { DurationMs, JournalCommand, journalValueFault } from '@intendant/intent-model';
import { StepFailure } from '../handler.js';
import { jsonFault } from '../json-fault.js';

/**
 * A value as the journal keeps it and every later run finds it: nothing of it is shared, so whoever changes one changes no
 * other, and what JSON does not know (a member that is undefined, -0) is gone in the first run already.
 */
export const asJournalled = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value)) as Value;

/** The command as it is now, when it is one that the Runtime takes; the failure names the operation and what is wrong with it. */
export function checkedCommand<Command extends JournalCommand>(operation: string, command: Command): Command {
  const parsed = JournalCommand.safeParse(command);
  if (parsed.success) return asJournalled(command);
  const faults = parsed.error.issues.map(
    ({ path, message }) => `${path.join('.')}${/^[A-Z]/.test(message) ? ':' : ''} ${message}`,
  );
  throw violation(named(operation, command.id), [...new Set(faults)].join('; '));
}

/** A value of an operation, as the journal keeps it. */
export function requireValue(operation: string, value: unknown): void {
  requireJson(operation, value);
  const tooLarge = journalValueFault(value);
  if (tooLarge !== null) throw violation(operation, `its value ${tooLarge}`);
}

export function requireJson(operation: string, value: unknown): void {
  const fault = value === undefined ? { pointer: '', message: 'undefined is not JSON' } : jsonFault(value);
  if (fault !== null)
    throw violation(`${operation}${fault.pointer === '' ? '' : ` at ${fault.pointer}`}`, fault.message);
}

/** Fractions of a millisecond are rounded; what is no number is for the check of the command. */
export const wholeMs = (durationMs: number): number =>
  typeof durationMs === 'number' ? Math.round(durationMs) : durationMs;

export function requireDuration(operation: string, timeoutMs: number): void {
  const fault = DurationMs.safeParse(timeoutMs).error?.issues[0];
  if (fault !== undefined) throw violation(operation, `timeoutMs ${fault.message}`);
}

const violation = (operation: string, fault: string): StepFailure =>
  new StepFailure('contract_violation', `${operation}: ${fault}`);

/** An id that is none, in quotes, so that it can be seen. */
const named = (operation: string, id: unknown): string =>
  `${operation} ${typeof id === 'string' && /^[\w.:/-]{1,128}$/.test(id) ? id : JSON.stringify(id)}`;
