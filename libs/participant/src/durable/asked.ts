import type { JournalAsked, JournalCommand } from '@intendant/intent-model';
import { digestOf } from '@intendant/kernel';

/** What a command asks for, in the words of a journal; of values the digest, which is made when it is to be compared. */
type Asks = { readonly [Name in keyof JournalAsked]: () => JournalAsked[Name] };

function asksOf(command: JournalCommand): Asks {
  switch (command.op) {
    case 'child':
      return {
        intentType: () => command.intentType,
        payloadDigest: () => digestOf(command.payload),
        ...undoOf(command.compensate),
      };
    case 'step_start':
      return undoOf(command.compensate);
    case 'await_signal':
      return { signal: () => command.name, prompt: () => command.prompt, timeoutMs: () => command.timeoutMs };
    case 'sleep':
      return { durationMs: () => command.durationMs };
    case 'state_set':
      return { valueDigest: () => digestOf(command.value) };
    default:
      return {};
  }
}

const undoOf = (undo: { readonly intent: string; readonly input: object } | undefined): Asks =>
  undo === undefined ? { undo: () => null } : { undo: () => undo.intent, undoInputDigest: () => digestOf(undo.input) };

/** The first of what was recorded that a command asks otherwise now: both, in words; null when there is none. */
export function otherwiseAsked(
  recorded: JournalAsked,
  command: JournalCommand,
): { readonly expected: string; readonly actual: string } | null {
  const asks = asksOf(command);
  for (const name of Object.keys(recorded) as (keyof JournalAsked)[]) {
    const [was, is] = [recorded[name], asks[name]?.()];
    if (was !== undefined && was !== is) return { expected: shown(name, was), actual: shown(name, is ?? null) };
  }
  return null;
}

const shown = (name: string, value: string | number | null): string => `${name} ${value ?? 'none'}`;
