import type { StoredEntry, Wal } from '@intendant/wal';
import type Database from 'libsql';
import { type EntryRow, entryOf, SELECT_ENTRY } from './entry-row.js';
import { rowsAt } from './stored-bytes.js';

/** Positions are dense: an upper bound keeps the search away from what other partitions have beyond. */
const IN_RANGE = 'partition = ?1 AND position >= ?2 AND position < ?3';

const SELECT_RANGE = `${SELECT_ENTRY} WHERE ${IN_RANGE} ORDER BY entry.position`;

/** The lengths are in the rows' heads: no body is read that is not given. The first entry comes however large it is. */
const SELECT_RANGE_OF_BYTES = `${SELECT_ENTRY} WHERE ${IN_RANGE} AND position <= (
    SELECT coalesce(max(position), ?2)
    FROM (SELECT position, sum(length(body)) OVER (ORDER BY position) AS bytes FROM entry WHERE ${IN_RANGE})
    WHERE bytes <= ?4)
  ORDER BY entry.position`;

/** `read` of the {@link Wal} on a journal's table. */
export type RangeReader = (...range: Parameters<Wal['read']>) => readonly StoredEntry[];

export function prepareRangeReader(db: Database.Database): RangeReader {
  const range = db.prepare(SELECT_RANGE);
  const rangeOfBytes = db.prepare(SELECT_RANGE_OF_BYTES);
  return (partition, fromPosition, limit, bytesMax) => {
    const from = Math.max(fromPosition, 1);
    const before = from + limit;
    const rows = rowsAt(
      () => `partition ${partition} position ${from} or after it`,
      () =>
        bytesMax === undefined
          ? range.all(partition, from, before)
          : rangeOfBytes.all(partition, from, before, bytesMax),
    );
    return (rows as EntryRow[]).map(entryOf);
  };
}
