import { LogCorrupt } from '@intendant/wal';
import { confirmUpTo, type EntrySource } from './archive-partition.js';
import type { LogArchive } from './log-archive.js';

export interface ArchiveReport {
  readonly ok: boolean;
  readonly logId: string;
  readonly partitions: number;
  readonly segments: number;
  readonly entries: number;
  readonly snapshots: number;
  /** Whether every entry was held against the log as well. */
  readonly comparedWithLog: boolean;
  /** The first of every partition. */
  readonly findings: readonly { readonly place: string; readonly finding: string }[];
}

/**
 * Reads every segment and snapshot: hashes, chains, dense positions, snapshots at the end of their segments; with `log`
 * also that each entry is the log's.
 */
export async function verifyArchive(archive: LogArchive, log: EntrySource | null): Promise<ArchiveReport> {
  const counts = { segments: 0, entries: 0, snapshots: 0 };
  const findings: { place: string; finding: string }[] = [];
  const partitions = (await archive.partitionCount()) ?? 0;
  if (partitions === 0)
    findings.push({ place: `${archive.logId}/log.json`, finding: 'there is no archive of this log' });
  for (let partition = 0; partition < partitions; partition += 1)
    try {
      await verifyPartition(archive, log, partition, counts);
    } catch (error) {
      if (!(error instanceof LogCorrupt)) throw error;
      findings.push({ place: error.place, finding: error.finding });
    }
  const comparedWithLog = log !== null;
  return { ok: findings.length === 0, logId: archive.logId, partitions, ...counts, comparedWithLog, findings };
}

async function verifyPartition(
  archive: LogArchive,
  log: EntrySource | null,
  partition: number,
  counts: { segments: number; entries: number; snapshots: number },
): Promise<void> {
  const chains = new Map<number, string>();
  for await (const { to, chain, frames } of archive.segments(partition)) {
    counts.segments += 1;
    counts.entries += frames.length;
    chains.set(to, chain);
  }
  for (const { progress, chain } of await archive.snapshots(partition)) {
    counts.snapshots += 1;
    if (chains.get(progress.position) !== chain)
      throw new LogCorrupt(`snapshot of partition ${partition} at ${progress.position}`, 'is not of these segments');
  }
  const last = [...chains.keys()].at(-1);
  if (log !== null && last !== undefined) await confirmUpTo(archive, log, partition, last);
}
