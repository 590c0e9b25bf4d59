import { FailureError, failure } from '@intendant/intent-model';
import type { EntryFilter, EntryLocation, ReadModel, RecordPlace } from '@intendant/read-model';
import { type IndexedWal, LogCorrupt, type LogRecord, type StoredEntry } from '@intendant/wal';

export type FoundRecord = LogRecord & { readonly streamId: string };

export interface RecordsPage {
  readonly records: readonly FoundRecord[];
  /** The last record of the page when there are more, else null. */
  readonly next: RecordPlace | null;
}

/** The log as far as a search needs it. */
type SearchedLog = Pick<IndexedWal, 'read' | 'catchUp'>;

/**
 * Up to `limit` records after the one at `after`. The read model says where they are; they are read from the log, and
 * verified: throws `LogCorrupt` naming the first that is not what was written, and `read_model_unavailable` when the log here
 * does not have one yet.
 */
export async function recordsPage(
  model: ReadModel,
  wal: SearchedLog,
  tenantId: string,
  filter: EntryFilter,
  after: RecordPlace | null,
  limit: number,
): Promise<RecordsPage> {
  const found: { readonly record: FoundRecord; readonly place: RecordPlace }[] = [];
  // One for the entry that `after` is in, and one to know whether there are more.
  for (const location of await model.entries(tenantId, filter, after, limit + 2)) {
    const { partition, position, occurredAt } = location;
    const shownUpTo = after?.partition === partition && after.position === position ? after.seq : 0;
    const entry = await entryAt(wal, tenantId, location);
    for (const record of entry.records)
      if (record.seq > shownUpTo && (filter.type === undefined || record.type === filter.type))
        found.push({
          record: { ...record, streamId: entry.streamId },
          place: { occurredAt, partition, position, seq: record.seq },
        });
    if (found.length > limit) break;
  }
  const page = found.slice(0, limit);
  return {
    records: page.map(({ record }) => record),
    next: found.length > limit ? (page.at(-1)?.place ?? null) : null,
  };
}

async function entryAt(wal: SearchedLog, tenantId: string, location: EntryLocation): Promise<StoredEntry> {
  const { partition, position, streamId, firstSeq } = location;
  const [entry] = await readHere(wal, partition, position);
  if (entry === undefined) throw notHereYet(location);
  const same = entry.position === position && entry.streamId === streamId && entry.firstSeq === firstSeq;
  if (!same || entry.records.some((record) => record.tenantId !== tenantId))
    throw new LogCorrupt(
      `${streamId} seq ${firstSeq} (partition ${partition}, position ${position})`,
      'the log has another entry here',
    );
  return entry;
}

/** Another replica's projector may have read further than the copy of the log here. */
async function readHere(wal: SearchedLog, partition: number, position: number): Promise<readonly StoredEntry[]> {
  const here = await wal.read(partition, position, 1);
  if (here.length > 0) return here;
  await wal.catchUp(partition);
  return wal.read(partition, position, 1);
}

const notHereYet = ({ partition, position }: EntryLocation): FailureError =>
  new FailureError(
    failure(
      'read_model_unavailable',
      `the log here does not reach position ${position} of partition ${partition} yet`,
      {
        remedy: 'ask again later',
        retryAfterMs: 1_000,
      },
    ),
  );
