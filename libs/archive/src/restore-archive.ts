import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { decodeEntry, LogCorrupt } from '@intendant/wal';
import { LOG_FILE, SqliteJournal } from '@intendant/wal-sqlite';
import type { LogArchive } from './log-archive.js';

/** The directory holds a log already. */
export class LogInTheWay extends Error {
  constructor(directory: string) {
    super(`${directory} holds a log already; restore into an empty directory`);
    this.name = 'LogInTheWay';
  }
}

/**
 * Makes the directory of a log from its archive: the embedded log itself, which a Runtime can go on with, or the entries of
 * a log on servers to be read and verified. Gives the number of entries. Throws {@link LogInTheWay}, and `LogCorrupt` at
 * what does not verify; what was written until then stays.
 */
export async function restoreArchive(archive: LogArchive, directory: string): Promise<number> {
  const partitionCount = await archive.partitionCount();
  if (partitionCount === null) throw new LogCorrupt(`${archive.logId}/log.json`, 'there is no archive of this log');
  if (existsSync(join(directory, LOG_FILE))) throw new LogInTheWay(directory);
  const journal = new SqliteJournal({ directory, partitionCount, synchronous: 'FULL' });
  try {
    // a log keeps its identity: whoever follows it by id takes the restored one for what it is
    journal.db.prepare("UPDATE meta SET value = ? WHERE name = 'log_id'").run(archive.logId);
    let entries = 0;
    for (let partition = 0; partition < partitionCount; partition += 1)
      entries += await restorePartition(archive, journal, partition);
    return entries;
  } finally {
    journal.close(true);
  }
}

async function restorePartition(archive: LogArchive, journal: SqliteJournal, partition: number): Promise<number> {
  let position = 0;
  let epoch = 0;
  for await (const { frames } of archive.segments(partition)) {
    journal.commit(
      frames.map((frame) => ({ partition, epoch: frame.epoch, entries: [decodeEntry(frame.entry, ' (archive)')] })),
    );
    const last = frames.at(-1);
    if (last !== undefined) ({ position, epoch } = last);
  }
  // the next holder must claim above every epoch that was ever open
  if (epoch > 0) journal.db.prepare("INSERT OR REPLACE INTO lease VALUES (?, ?, '')").run(partition, epoch);
  return position;
}
