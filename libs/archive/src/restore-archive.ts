import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { decodeEntry, LogCorrupt } from '@intendant/wal';
import { LOG_FILE, lockDirectory, logDirectoryIn, SqliteJournal, verifyLog } from '@intendant/wal-sqlite';
import type { LogArchive } from './log-archive.js';

/** The data directory holds a log already, or what is left of one. */
export class LogInTheWay extends Error {
  constructor(place: string) {
    super(`${place} holds a log already, or what is left of one: move it away, or restore into another directory`);
    this.name = 'LogInTheWay';
  }
}

/**
 * Gives a data directory the log that was archived, where a Runtime looks for it: the embedded log itself, which a Runtime can
 * go on with, or the entries of a log on servers to be read and verified. Gives the number of entries.
 *
 * The log is written and verified beside its place and moved there at the end, so that whatever fails or is killed leaves no
 * log, and nothing in the way of the next attempt. Throws {@link LogInTheWay}, and `LogCorrupt` at what does not verify.
 */
export async function restoreArchive(archive: LogArchive, dataDirectory: string): Promise<number> {
  const partitionCount = await archive.partitionCount();
  if (partitionCount === null) throw new LogCorrupt(`${archive.logId}/log.json`, 'there is no archive of this log');
  const place = logDirectoryIn(dataDirectory);
  assertVacant(dataDirectory, place);
  const workshop = `${place}.restoring`;
  mkdirSync(workshop, { recursive: true, mode: 0o700 });
  const unlock = lockDirectory(workshop);
  try {
    const draft = join(workshop, 'log');
    // of an attempt that was killed
    rmSync(draft, { recursive: true, force: true });
    const entries = await writeLog(archive, draft, partitionCount);
    await assertVerifies(draft, entries);
    moveSynced(draft, place);
    return entries;
  } finally {
    rmSync(workshop, { recursive: true, force: true });
    unlock();
  }
}

function assertVacant(dataDirectory: string, place: string): void {
  // the files of a log alone, such as a backup
  if (existsSync(join(dataDirectory, LOG_FILE))) throw new LogInTheWay(dataDirectory);
  if (existsSync(place) && readdirSync(place).length > 0) throw new LogInTheWay(place);
}

async function writeLog(archive: LogArchive, directory: string, partitionCount: number): Promise<number> {
  const journal = new SqliteJournal({ directory, partitionCount, synchronous: 'FULL' });
  try {
    // a log keeps its identity: whoever follows it by id takes the restored one for what it is
    journal.db.prepare("UPDATE meta SET value = ? WHERE name = 'log_id'").run(archive.logId);
    let entries = 0;
    for (let partition = 0; partition < partitionCount; partition += 1)
      entries += await writePartition(archive, journal, partition);
    return entries;
  } finally {
    journal.close(true);
  }
}

async function writePartition(archive: LogArchive, journal: SqliteJournal, partition: number): Promise<number> {
  let position = 0;
  let epoch = 0;
  for await (const { frames } of archive.segments(partition)) {
    journal.commit(
      frames.map((frame) => ({ partition, epoch: frame.epoch, entries: [decodeEntry(frame.entry, ' (archive)')] })),
    );
    const last = frames.at(-1);
    if (last !== undefined) ({ position, epoch } = last);
  }
  const snapshotAt = (await archive.newestPlace(partition))?.progress.position ?? 0;
  if (snapshotAt > position) {
    const finding = `ends at position ${position}, and there is a snapshot at ${snapshotAt}`;
    throw new LogCorrupt(`archive of partition ${partition}`, finding);
  }
  // the next holder must claim above every epoch that was ever open
  if (epoch > 0) journal.db.prepare("INSERT OR REPLACE INTO lease VALUES (?, ?, '')").run(partition, epoch);
  return position;
}

async function assertVerifies(directory: string, entries: number): Promise<void> {
  const report = await verifyLog(directory);
  const [first] = report.findings;
  if (first !== undefined) throw new LogCorrupt(first.place, first.finding);
  if (report.entries !== entries)
    throw new LogCorrupt(report.file, `has ${report.entries} entries, ${entries} were written`);
}

/** The move is the one step that makes it a log; everything in it is on the disk before. */
function moveSynced(draft: string, place: string): void {
  for (const file of readdirSync(draft)) sync(join(draft, file));
  sync(draft);
  try {
    renameSync(draft, place);
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST'].includes((error as { code?: string }).code ?? '')) throw new LogInTheWay(place);
    throw error;
  }
  sync(dirname(place));
}

function sync(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
