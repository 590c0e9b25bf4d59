import type { EntryFrame } from '@intendant/wal';
import type { CopyPlace } from './copy-store.js';

/** What the log has dropped, where it is kept. Whatever rejects here keeps the log from being opened. */
export interface DroppedEntries {
  /** The furthest place that a copy can be brought to, or null; the log still holds the frame there. */
  newestPlace(partition: number): Promise<CopyPlace | null>;
  /** The entries from one position to another, both included, in order. Throws `LogCorrupt` for what does not verify. */
  entries(partition: number, from: number, to: number): AsyncIterable<readonly EntryFrame[]>;
}
