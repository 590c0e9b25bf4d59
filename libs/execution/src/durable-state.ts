import type { JournalEntry } from '@intendant/intent-model';
import type { JsonValue } from '@intendant/kernel';
import { IndexedList } from './indexed-list.js';

/** A child that was asked for; `operationId` is the step it is of its parent. */
export interface OpenChild {
  readonly operationId: string;
  readonly intentType: string;
  readonly payload: { readonly [key: string]: JsonValue };
}

export interface OpenWait {
  readonly waitId: string;
  readonly name: string;
  readonly approval: boolean;
  readonly prompt: string | null;
}

/** The journal of a saga as code, and what it waits for. */
export interface DurableState {
  /** In the order of their first records. */
  readonly journal: IndexedList<JournalEntry>;
  /** Counts what came from outside the handler: timers, signals, children, a resume. */
  readonly version: number;
  /** The version the handler had seen when it suspended. */
  readonly seen: number;
  /** Attempts of the handler before the one that got on last; they do not count any more. */
  readonly attemptBase: number;
  /** Attempts after those for which nobody could be called, one after the other; they do not count either. */
  readonly undelivered: number;
  readonly waits: readonly OpenWait[];
  /** Signals that came before anybody waited for them, oldest first. */
  readonly unheard: readonly { readonly name: string; readonly payload: JsonValue }[];
  /** Children that have not settled, by their execution ids. */
  readonly children: Readonly<Record<string, OpenChild>>;
}

/** An operation is found by where it stands and by what it is; a key of the state may be set in many places. */
const keysOf = (entry: Pick<JournalEntry, 'branch' | 'ordinal' | 'kind' | 'id'>): readonly string[] => [
  placeKey(entry),
  operationKey(entry.kind, entry.id),
];

/** Where an operation stands, as a key of the journal. */
export const placeKey = ({ branch, ordinal }: Pick<JournalEntry, 'branch' | 'ordinal'>): string =>
  `${branch}#${ordinal}`;

/** What an operation is, as a key of the journal. */
export const operationKey = (kind: JournalEntry['kind'], id: string): string => `${kind} ${id}`;

export const noJournal: DurableState = {
  journal: IndexedList.empty<JournalEntry>(keysOf),
  version: 0,
  seen: 0,
  attemptBase: 0,
  undelivered: 0,
  waits: [],
  unheard: [],
  children: {},
};

/** Signals kept for a handler that has not asked for them yet. */
export const UNHEARD_MAX = 1_000;

export const entryOf = (durable: DurableState, kind: JournalEntry['kind'], id: string): JournalEntry | undefined =>
  durable.journal.find(operationKey(kind, id));
