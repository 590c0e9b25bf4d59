import { resolve } from 'node:path';
import { archiveUpTo, LogArchive, readArchivedStream, restoreArchive, verifyArchive } from '@intendant/archive';
import { replayState, validateExecution } from '@intendant/replay';
import { logDirectoryIn, SqliteLogReader } from '@intendant/wal-sqlite';
import { Command } from 'commander';
import { type ArchiveOptions, archiveOf, localLog, objectStoreOf } from '../archive-in-use.js';
import { Exit } from '../exit-codes.js';
import { logDirectoryOf } from '../log-directory.js';
import type { Runner } from '../runner.js';
import { UsageError } from '../usage-error.js';
import { type PartitionStatus, replayedLines, reportLines, statusLines } from '../views/archive-view.js';

export function archiveCommand(runner: Runner): Command {
  const command = new Command('archive').description('keep the log in an archive, check it, and read from it');
  const taking = (name: string) =>
    command
      .command(name)
      .option('--archive <directory>', 'where the archive is, instead of what INTENDANT_ARCHIVE says')
      .option('--log <id>', 'whose archive, where there are several');
  taking('run')
    .description('archive everything that the log of the data directory holds now')
    .action(runner((run, _args, options: ArchiveOptions) => archiveNow(run, options)));
  taking('status')
    .description('show how far each partition is archived')
    .action(runner((run, _args, options: ArchiveOptions) => showStatus(run, options)));
  taking('verify')
    .description('read the whole archive: hashes, chains, snapshots; against the log where it is at hand')
    .action(runner((run, _args, options: ArchiveOptions) => verifyAll(run, options)));
  taking('restore')
    .requiredOption('--to <directory>', 'a data directory without a log; made when it is not there')
    .description('make a log from the archive')
    .action(runner((run, _args, options: ArchiveOptions & { to: string }) => restore(run, options)));
  taking('replay')
    .argument('<execution>', 'execution id')
    .description('replay and validate an execution from the archive alone; needs no server')
    .action(runner((run, args, options: ArchiveOptions) => replay(run, args, options)));
  return command;
}

type Run = Parameters<typeof archiveOf>[0];

async function archiveNow(run: Run, options: ArchiveOptions): Promise<void> {
  const store = objectStoreOf(run, options);
  const log = new SqliteLogReader(logDirectoryOf(run.dataDir));
  try {
    const archive = new LogArchive(store, log.logId);
    const { partitionCount } = log.describe();
    await archive.declare(partitionCount);
    for (let partition = 0; partition < partitionCount; partition += 1)
      await archiveUpTo(archive, log, partition, await log.tail(partition));
  } finally {
    log.close();
  }
  await showStatus(run, { ...options, log: log.logId });
}

async function showStatus(run: Run, options: ArchiveOptions): Promise<void> {
  const archive = await archiveOf(run, options);
  const partitionCount = (await archive.partitionCount()) ?? 0;
  const log = localLog(run, archive.logId);
  const partitions: PartitionStatus[] = [];
  for (let partition = 0; partition < partitionCount; partition += 1) {
    const [{ to: archivedTo, chain }, place] = [await archive.end(partition), await archive.newestPlace(partition)];
    const logPosition = log === null ? null : await log.tail(partition);
    partitions.push({ partition, logPosition, archivedTo, chain, snapshotAt: place?.progress.position ?? null });
  }
  log?.close();
  const status = { logId: archive.logId, partitions };
  run.print({
    json: status,
    ids: () => partitions.filter((one) => (one.logPosition ?? 0) > one.archivedTo).map((one) => String(one.partition)),
    table: () => statusLines(status, run.palette),
  });
}

async function verifyAll(run: Run, options: ArchiveOptions): Promise<Exit> {
  const archive = await archiveOf(run, options);
  const log = localLog(run, archive.logId);
  const report = await verifyArchive(archive, log).finally(() => log?.close());
  run.print({
    json: report,
    ids: () => report.findings.map(({ place }) => place),
    table: () => reportLines(report, run.palette),
  });
  return report.ok ? Exit.ok : Exit.notVerified;
}

async function restore(run: Run, options: ArchiveOptions & { to: string }): Promise<void> {
  const archive = await archiveOf(run, options);
  const directory = resolve(options.to);
  const entries = await restoreArchive(archive, directory);
  run.print({
    json: { logId: archive.logId, directory, entries },
    ids: () => [directory],
    table: () => [
      `${entries} entries, verified, in ${logDirectoryIn(directory)}`,
      `a Runtime goes on with them: INTENDANT_DATA_DIR=${directory} and INTENDANT_WAL=sqlite,`,
      '  without INTENDANT_RETENTION_ENTRIES_MIN, and in a lab without INTENDANT_RUNTIME_REPLICAS',
    ],
  });
}

async function replay(run: Run, [executionId = '']: readonly string[], options: ArchiveOptions): Promise<Exit> {
  if (!/^exe_[0-9a-f]{32}$/.test(executionId)) throw new UsageError(`not the id of an execution: ${executionId}`);
  const entries = await readArchivedStream(await archiveOf(run, options), executionId);
  if (entries.length === 0) {
    run.note(`${executionId} is not in the archive`);
    return Exit.notFound;
  }
  const report = validateExecution(executionId, entries);
  const state = report.stateDigest === null ? null : replayState(executionId, entries).state;
  const reply = { ...report, state };
  run.print({
    json: reply,
    ids: () => (report.valid ? [] : [executionId]),
    table: () => replayedLines(report, state?.status ?? null, run.palette),
  });
  return report.valid ? Exit.ok : Exit.notVerified;
}
