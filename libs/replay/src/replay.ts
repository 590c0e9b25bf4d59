import { type ExecutionState, evolveAll, noExecution, stateDigestOf } from '@intendant/execution';
import { digestOf } from '@intendant/kernel';
import type { Entry, LogRecord } from '@intendant/wal';

export type ReplayMode = 'events_only' | 'state_only';

/** The records of a stream in order, and a digest that two replays of the same log share. */
export interface EventsReplay {
  readonly mode: 'events_only';
  readonly records: readonly LogRecord[];
  readonly digest: string;
}

/** The state folded from the records, and its digest. */
export interface StateReplay {
  readonly mode: 'state_only';
  readonly state: ExecutionState;
  readonly digest: string;
}

const recordsOf = (entries: readonly Entry[]): readonly LogRecord[] => entries.flatMap((entry) => entry.records);

/** The digest covers the hashes of the entries, hence every byte of them. */
export const replayEvents = (entries: readonly Entry[]): EventsReplay => ({
  mode: 'events_only',
  records: recordsOf(entries),
  digest: digestOf(entries.map((entry) => entry.hash.toString('hex'))),
});

/** Throws `IllegalRecord` at the first record that cannot follow. */
export function replayState(executionId: string, entries: readonly Entry[]): StateReplay {
  const state = evolveAll(noExecution(executionId), recordsOf(entries));
  return { mode: 'state_only', state, digest: stateDigestOf(state) };
}
