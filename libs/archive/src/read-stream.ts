import { decodeEntry, partitionOf, type StoredEntry } from '@intendant/wal';
import type { LogArchive } from './log-archive.js';

/**
 * Every archived entry of a stream in order; empty when there is none. Reads the stream's whole partition, chain and all:
 * for an auditor without the log, not for a request.
 */
export async function readArchivedStream(archive: LogArchive, streamId: string): Promise<readonly StoredEntry[]> {
  const partitionCount = await archive.partitionCount();
  if (partitionCount === null) return [];
  const partition = partitionOf(streamId, partitionCount);
  const found: StoredEntry[] = [];
  for await (const { frames } of archive.segments(partition))
    for (const { position, epoch, entry } of frames)
      if (entry.streamId === streamId) found.push({ ...decodeEntry(entry, ' (archive)'), partition, position, epoch });
  return found;
}
