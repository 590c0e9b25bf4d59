import { isUtf8 } from 'node:buffer';
import { setImmediate } from 'node:timers/promises';
import { LogCorrupt } from '@intendant/wal';
import type Database from 'libsql';
import { ENTRY_COLUMNS, type EntryRow } from './entry-row.js';
import { openReadOnly, type ReadOnlyLog } from './read-only-log.js';
import { StoreVerifier } from './store-verifier.js';
import { type Blob, bufferOf, bytesOf, integerOf } from './stored-bytes.js';
import { StreamVerifier } from './stream-verifier.js';
import { checkWriteAheadFile } from './write-ahead-file.js';

export interface LogFinding {
  /** `pages`, `stream <id> seq <n>`, `partition <n> position <n>`, `table <name>` or `write-ahead file frame <n>`. */
  readonly place: string;
  readonly finding: string;
}

export interface LogReport {
  readonly ok: boolean;
  readonly file: string;
  /** Of the log itself, also when the file is a copy of one on servers. */
  readonly logId: string;
  readonly isCopy: boolean;
  readonly partitions: number;
  readonly streams: number;
  readonly entries: number;
  readonly records: number;
  /** Everything that is wrong; `findings` names the first of it. */
  readonly findingCount: number;
  readonly findings: readonly LogFinding[];
}

export interface VerifyOptions {
  /** `full` also compares every index with its table. */
  readonly pages?: 'quick' | 'full';
  /** Told now and then how many entries were read. */
  readonly onProgress?: (entries: number) => void;
}

const FINDINGS_MAX = 1_000;
const CHUNK_ENTRIES = 256;
const PROGRESS_ENTRIES = 100_000;

/**
 * Verifies the log of a directory up to what it held at the beginning: pages, hash chains and dense seq of every stream,
 * dense positions and rising epochs of every partition, and the store's tables against the entries they come from. Works beside the writer and without one, and needs the same memory for any length.
 * The end of a stream that was cut off together with the end of its partition leaves no trace in the log itself.
 */
export async function verifyLog(directory: string, options: VerifyOptions = {}): Promise<LogReport> {
  const log = openReadOnly(directory);
  const findings = new Findings();
  const verifier = new StreamVerifier(log.partitionCount);
  checkTail(log.file, findings);
  try {
    checkPages(log.db, options.pages ?? 'quick', findings);
    const { last } = log.db.prepare('SELECT coalesce(max(ordinal), 0) AS last FROM entry').get() as { last: number };
    await checkStreams(log.db, last, verifier, findings, options.onProgress);
    checkPositions(log, last, verifier.entries, findings);
    checkEpochs(log.db, last, findings);
    checkTexts(log, findings);
    // what an unsound entry says is nothing to hold the tables against
    if (verifier.isSound) await new StoreVerifier(log.db).check((place, finding) => findings.add(place, finding));
  } catch (error) {
    // the temporary tables found no room: that says nothing of the log
    if ((error as { code?: string }).code === 'SQLITE_FULL') throw error;
    if (error instanceof LogCorrupt) findings.add(error.place, error.finding);
    else findings.add('pages', `cannot be read: ${(error as Error).message}`);
  } finally {
    log.db.close();
  }
  const { file, logId, isCopy, partitionCount } = log;
  const { streams, entries, records } = verifier;
  const { count, first } = findings;
  return {
    ok: count === 0,
    file,
    logId,
    isCopy,
    partitions: partitionCount,
    streams,
    entries,
    records,
    findingCount: count,
    findings: first,
  };
}

/** Counts everything, keeps the first of it. */
class Findings {
  count = 0;
  readonly first: LogFinding[] = [];

  add(place: string, finding: string): void {
    this.count += 1;
    if (this.first.length < FINDINGS_MAX) this.first.push({ place, finding });
  }
}

function checkTail(file: string, findings: Findings): void {
  try {
    checkWriteAheadFile(file);
  } catch (error) {
    if (!(error instanceof LogCorrupt)) throw error;
    findings.add(error.place, error.finding);
  }
}

function checkPages(db: Database.Database, depth: 'quick' | 'full', findings: Findings): void {
  const pragma = depth === 'full' ? 'integrity_check' : 'quick_check';
  const rows = db.prepare(`SELECT ${bytesOf(pragma, 'said')} FROM pragma_${pragma}`).all() as { said: Blob }[];
  for (const row of rows) {
    const said = bufferOf(row.said).toString('utf8');
    if (said !== 'ok') findings.add('pages', said);
  }
}

/** Page by page in the order of the index, each a short read of its own, so that the writer's checkpoints go on. */
async function checkStreams(
  db: Database.Database,
  last: number,
  verifier: StreamVerifier,
  findings: Findings,
  onProgress: (entries: number) => void = () => undefined,
): Promise<void> {
  // names that are stored as no text come behind every text; missing here, they show in the count
  const page = db.prepare(
    `SELECT ${bytesOf('stream_id', 'streamBytes')}, ${ENTRY_COLUMNS} FROM entry WHERE (stream_id, first_seq) > (CAST(? AS TEXT), ?) AND stream_id < x''
     AND ordinal <= ? ORDER BY stream_id, first_seq LIMIT ${CHUNK_ENTRIES}`,
  );
  let after: readonly [streamId: Buffer, firstSeq: number] = [Buffer.alloc(0), 0];
  // an index in another order than its own can lead in a circle
  while (verifier.entries <= last) {
    const rows = page.all(...after, last) as (EntryRow & { streamBytes: Blob })[];
    for (const row of rows) {
      const found = verifier.next(row);
      if (found !== null) findings.add(`stream ${found.streamId} seq ${found.seq}`, found.finding);
      if (verifier.entries % PROGRESS_ENTRIES === 0) onProgress(verifier.entries);
    }
    const end = rows.at(-1);
    if (end === undefined) return;
    after = [bufferOf(end.streamBytes), end.firstSeq];
    await setImmediate();
  }
}

/** Positions of a partition are 1, 2, 3 …; and every entry that has a position was seen in its stream. */
function checkPositions({ db, partitionCount }: ReadOnlyLog, last: number, seen: number, findings: Findings): void {
  const partitions = db
    .prepare(
      `SELECT ${integerOf('partition')}, count(*) AS count, ${integerOf('min(position)', 'first')},
         ${integerOf('max(position)', 'last')} FROM entry WHERE ordinal <= ? GROUP BY entry.partition`,
    )
    .all(last) as { partition: number; count: number; first: number; last: number }[];
  for (const { partition, count, first, last: end } of partitions) {
    if (partition >= partitionCount) findings.add(`partition ${partition}`, `the log has ${partitionCount} partitions`);
    if (first === 1 && end === count) continue;
    findings.add(`partition ${partition} position ${firstGap(db, partition)}`, 'the entry is missing');
  }
  const placed = partitions.reduce((sum, { count }) => sum + count, 0);
  if (placed !== seen) findings.add('pages', `${placed} entries by position, ${seen} by stream: an index is wrong`);
}

/** Epochs of a partition begin with 1, never fall from one position to the next, and end with the newest claim. */
function checkEpochs(db: Database.Database, last: number, findings: Findings): void {
  const misplaced = db
    .prepare(
      `SELECT ${['partition', 'position', 'epoch', 'before'].map((column) => integerOf(column)).join(', ')} FROM (
         SELECT partition, position, epoch, lag(epoch, 1, 1) OVER (PARTITION BY partition ORDER BY position) AS before
         FROM entry WHERE ordinal <= ?) WHERE epoch < before LIMIT ${FINDINGS_MAX}`,
    )
    .all(last) as { partition: number; position: number; epoch: number; before: number }[];
  for (const { partition, position, epoch, before } of misplaced)
    findings.add(`partition ${partition} position ${position}`, `epoch ${epoch} comes after epoch ${before}`);
  const unclaimed = db
    .prepare(
      `SELECT ${integerOf('entry.partition', 'partition')}, ${integerOf('max(entry.epoch)', 'epoch')},
         ${integerOf('lease.epoch', 'claimed')} FROM entry
       JOIN lease ON lease.partition = entry.partition WHERE ordinal <= ? GROUP BY entry.partition HAVING max(entry.epoch) > lease.epoch`,
    )
    .all(last) as { partition: number; epoch: number; claimed: number }[];
  for (const { partition, epoch, claimed } of unclaimed)
    findings.add(`partition ${partition}`, `has entries of epoch ${epoch}; nobody claimed more than ${claimed}`);
}

/** What is read by nobody else here, and must be text when its owner reads it. */
function checkTexts({ db, isCopy }: ReadOnlyLog, findings: Findings): void {
  const columnsOf: Readonly<Record<string, readonly string[]>> = {
    lease: ['nonce'],
    ...(isCopy ? { copied: ['cursor', 'name', 'nonce'] } : {}),
    sqlite_schema: ['type', 'name', 'tbl_name', "coalesce(sql, '')"],
  };
  for (const [table, columns] of Object.entries(columnsOf))
    for (const column of columns) {
      const rows = db.prepare(`SELECT rowid AS row, ${bytesOf(column, 'bytes')} FROM ${table}`).all();
      for (const { row, bytes } of rows as { row: number; bytes: Blob }[])
        if (!isUtf8(bytes)) findings.add(`table ${table}`, `${column} of row ${row} is not text in UTF-8`);
    }
}

function firstGap(db: Database.Database, partition: number): number {
  let expected = 1;
  const positions = db
    .prepare(`SELECT ${integerOf('position')} FROM entry WHERE partition = ? ORDER BY entry.position`)
    .iterate(partition);
  for (const row of positions as IterableIterator<{ position: number }>) {
    if (row.position !== expected) return expected;
    expected += 1;
  }
  return expected;
}
