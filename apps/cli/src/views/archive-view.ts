import type { ArchiveReport } from '@intendant/archive';
import type { ValidationReport } from '@intendant/replay';
import { listLines, tableLines } from '../table.js';
import type { Palette } from '../terminal.js';
import { verdictCell } from './status-colour.js';

const count = new Intl.NumberFormat('en');

export interface PartitionStatus {
  readonly partition: number;
  /** Null where the log is not at hand. */
  readonly logPosition: number | null;
  readonly archivedTo: number;
  /** Chain value of the last segment, hex. */
  readonly chain: string;
  readonly snapshotAt: number | null;
}

interface ArchiveStatus {
  readonly logId: string;
  readonly partitions: readonly PartitionStatus[];
}

export function statusLines({ logId, partitions }: ArchiveStatus, palette: Palette): string[] {
  const rows = partitions.map(({ partition, logPosition, archivedTo, snapshotAt }) => [
    String(partition),
    logPosition === null ? '' : count.format(logPosition),
    count.format(archivedTo),
    logPosition === null ? '' : count.format(Math.max(0, logPosition - archivedTo)),
    snapshotAt === null ? '' : count.format(snapshotAt),
  ]);
  const head = listLines({ 'log id': logId }, palette);
  return [...head, '', ...tableLines(['PARTITION', 'LOG', 'ARCHIVED', 'LAG', 'SNAPSHOT'], rows, palette)];
}

export function reportLines(report: ArchiveReport, palette: Palette): string[] {
  const { ok, logId, partitions, segments, entries, snapshots, comparedWithLog, entriesBeyondLog, findings } = report;
  const head = listLines(
    {
      'log id': logId,
      partitions: count.format(partitions),
      segments: count.format(segments),
      entries: count.format(entries),
      snapshots: count.format(snapshots),
      'held against': comparedWithLog ? 'the log of the data directory' : 'itself; its log is not at hand',
      ...(entriesBeyondLog > 0 && { 'not in that log': `${count.format(entriesBeyondLog)} entries after its end` }),
      verdict: ok ? ['every chain holds', palette.green] : [`${findings.length} findings`, palette.red],
    },
    palette,
  );
  if (ok) return head;
  const rows = findings.map(({ place, finding }) => [place, [finding, palette.red] as const]);
  return [...head, '', ...tableLines(['WHERE', 'FINDING'], rows, palette)];
}

export function replayedLines(report: ValidationReport, status: string | null, palette: Palette): string[] {
  const { executionId, valid, checks, stateDigest } = report;
  const verdict = valid ? (['valid', palette.green] as const) : (['NOT VALID', palette.red] as const);
  const rows = checks.map(({ check, passed, seq, finding }) => [
    check,
    verdictCell(passed, palette),
    seq === null ? '' : String(seq),
    finding ?? '',
  ]);
  const head = listLines({ execution: executionId, status, digest: stateDigest, verdict }, palette);
  return [...head, '', ...tableLines(['CHECK', 'VERDICT', 'SEQ', 'FINDING'], rows, palette)];
}
