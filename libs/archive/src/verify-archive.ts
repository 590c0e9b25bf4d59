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
  /** Whether every entry that the log holds was held against it as well. */
  readonly comparedWithLog: boolean;
  /** Those that the log does not hold: it is a copy that is behind, or has lost its end. */
  readonly entriesBeyondLog: number;
  /** The first of every partition. */
  readonly findings: readonly { readonly place: string; readonly finding: string }[];
}

export interface VerifiableLog extends EntrySource {
  /** Position of the last entry that is at hand. */
  tail(partition: number): Promise<number>;
}

/**
 * Reads every segment and snapshot: hashes, chains, dense positions, snapshots at the end of their segments; with `log`
 * also that each entry is the log's, as far as the log reaches.
 */
export async function verifyArchive(archive: LogArchive, log: VerifiableLog | null): Promise<ArchiveReport> {
  const counts: Counts = { segments: 0, entries: 0, snapshots: 0, entriesBeyondLog: 0 };
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

type Counts = Record<'segments' | 'entries' | 'snapshots' | 'entriesBeyondLog', number>;

async function verifyPartition(
  archive: LogArchive,
  log: VerifiableLog | null,
  partition: number,
  counts: Counts,
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
  if (log === null || last === undefined) return;
  const tail = await log.tail(partition);
  counts.entriesBeyondLog += Math.max(0, last - tail);
  await confirmUpTo(archive, log, partition, Math.min(last, tail));
}
