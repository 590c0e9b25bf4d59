import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { prepareDataDirectory } from '../data-directory.js';
import { freePort } from '../ports.js';
import { readIfPresent, writePrivately } from '../private-files.js';
import { type RestartPolicy, usualRestartPolicy } from '../processes/restart-policy.js';
import { type ProcessReports, SupervisedProcess } from '../processes/supervised-process.js';
import { postgresPrograms } from './binaries.js';
import { DATABASE, ensureCluster, OWNER, SUPERUSER_OF_TESTS } from './cluster-creation.js';
import { databaseDirectory } from './database-directory.js';
import { databaseUser } from './database-user.js';
import { stopOrphanServer } from './postmaster-file.js';
import { ServerLog } from './server-log.js';
import { serverProcess } from './server-process.js';

export interface PostgresOptions {
  /** The server's files go to `postgres` in it, its password to `keys`. */
  dataDir: string;
  /** Ports that are spoken for. */
  avoidPorts?: ReadonlySet<number>;
  /** For tests: lets the role of `url` create databases, and makes a superuser; only counts when the files are made. */
  mayCreateDatabases?: boolean;
  /** Shows routine log lines too. */
  everyLine?: boolean;
  restart?: RestartPolicy;
  reports?: Partial<ProcessReports>;
}

export interface RunningPostgres {
  /** With user and password; the user owns the database and is no superuser. */
  url: string;
  /** The same as a superuser; one that can log in is there where {@link PostgresOptions.mayCreateDatabases} was told. */
  superuserUrl: string;
  server: SupervisedProcess;
  /** Where the files are: elsewhere than below the data directory when root's could not be reached. */
  directory: string;
  stop(): Promise<void>;
  /** Stops and deletes the database's files, wherever they are. For tests. */
  destroy(): Promise<void>;
}

const ORPHAN_GRACE_MS = 15_000;

/** Starts the PostgreSQL that comes with Intendant, making its files at the first start. */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const { server, url, superuserUrl, directory } = await preparePostgres(options);
  server.start();
  await server.ready();
  const stop = (): Promise<void> => server.stop();
  const destroy = async (): Promise<void> => {
    await stop();
    rmSync(directory, { recursive: true, force: true });
    rmSync(join(options.dataDir, 'postgres'), { recursive: true, force: true });
  };
  return { url, superuserUrl, server, directory, stop, destroy };
}

/** Everything up to the start, so that a caller can hold the server before it runs. */
export async function preparePostgres(options: PostgresOptions): Promise<Omit<RunningPostgres, 'stop' | 'destroy'>> {
  const dataDir = resolve(options.dataDir);
  prepareDataDirectory(dataDir);
  const reports = reportsOf(options);
  const user = databaseUser();
  const directory = databaseDirectory(dataDir, user);
  const programs = postgresPrograms(directory, user);
  const data = join(directory, 'data');
  if (await stopOrphanServer(data, ORPHAN_GRACE_MS))
    reports.notice('stopped the server a killed launcher left', 'warn');
  const password = await ensureCluster({
    directory,
    passwordFile: join(dataDir, 'keys', 'database-password'),
    programs,
    user,
    mayCreateDatabases: options.mayCreateDatabases ?? false,
  });
  const port = await rememberedPort(join(dataDir, 'postgres', 'port'), options.avoidPorts);
  const restart = options.restart ?? usualRestartPolicy;
  const server = new SupervisedProcess(
    serverProcess({ data, program: programs.postgres, port, user, restart }),
    reports,
  );
  const urlOf = (role: string): string => `postgres://${role}:${password}@127.0.0.1:${port}/${DATABASE}`;
  return { server, directory, url: urlOf(OWNER), superuserUrl: urlOf(SUPERUSER_OF_TESTS) };
}

/** The port of the last start if it is free, so that what was told about the database stays true. */
async function rememberedPort(file: string, avoid?: ReadonlySet<number>): Promise<number> {
  const last = Number(readIfPresent(file));
  const port = await freePort(Number.isInteger(last) && last > 0 ? last : undefined, avoid);
  if (port !== last) writePrivately(file, String(port));
  return port;
}

function reportsOf({ reports, everyLine }: PostgresOptions): ProcessReports {
  const log = new ServerLog((line) => reports?.output?.(line), everyLine ?? false);
  return {
    output: (line) => log.line(line),
    notice: (text, level) => {
      if (level === 'error') log.showRecent();
      reports?.notice?.(text, level);
    },
    started: (pid) => reports?.started?.(pid),
    refused: (cause) => reports?.refused?.(cause),
  };
}
