import type { JsonValue } from '@intendant/kernel';

/** What the handler of a saga as code did, one entry per operation, in the order of their records. */
export interface JournalEntry {
  readonly kind: 'step' | 'fact' | 'now' | 'random' | 'sleep' | 'signal' | 'child' | 'state';
  readonly id: string;
  readonly branch: string;
  readonly ordinal: number;
  readonly status: 'open' | 'succeeded' | 'failed';
  readonly value: JsonValue;
  readonly error: { readonly code: string; readonly message: string } | null;
  /** Steps only: the attempt that is open, or was the last. */
  readonly attempt: number;
  /** Steps that failed and will be tried again: whether the wait is over. */
  readonly due: boolean;
}

export interface OpenWait {
  readonly waitId: string;
  readonly name: string;
  readonly approval: boolean;
  readonly prompt: string | null;
}

export interface DurableState {
  readonly journal: readonly JournalEntry[];
  readonly waits: readonly OpenWait[];
  /** Signals that came before anybody waited for them, oldest first. */
  readonly unheard: readonly { readonly name: string; readonly payload: JsonValue }[];
  /** Children that have not settled: id → the operation's id. */
  readonly children: Readonly<Record<string, string>>;
}

export const noJournal: DurableState = { journal: [], waits: [], unheard: [], children: {} };
