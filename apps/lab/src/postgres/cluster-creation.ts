import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readIfPresent, writePrivately } from '../private-files.js';
import { Refusal } from '../refusals.js';
import { majorVersionOf, type PostgresPrograms, unusableDatabase } from './binaries.js';
import type { DatabaseUser } from './database-user.js';

export const DATABASE = 'intendant';
/**
 * Owns the database and runs the migrations; no superuser, and the only role that can log in over the network. Makes the roles
 * that it takes for reading and writing.
 */
export const OWNER = 'intendant_owner';
/** There in clusters that tests make, so that they can show what binds a superuser. */
export const SUPERUSER_OF_TESTS = 'intendant_superuser';

export interface ClusterPlan {
  /** The directory that holds `data`. */
  directory: string;
  passwordFile: string;
  programs: PostgresPrograms;
  user: DatabaseUser;
  /** Whether the owner may create databases, which tests do to be apart from each other. */
  mayCreateDatabases: boolean;
}

/** Makes the database's files at the first start and tells the owner's password. */
export async function ensureCluster(plan: ClusterPlan): Promise<string> {
  const data = join(plan.directory, 'data');
  requireSameMajorVersion(plan, data);
  const known = readIfPresent(plan.passwordFile)?.trim();
  if (known && existsSync(data)) {
    await letOwnerMakeRoles(plan, data);
    return known;
  }
  const password = randomBytes(24).toString('base64url');
  if (existsSync(data)) {
    await inSingleUserMode(plan, data, [`ALTER ROLE ${OWNER} PASSWORD '${password}'`]);
  } else {
    await createCluster(plan, data, password);
  }
  writePrivately(plan.passwordFile, `${password}\n`);
  return password;
}

/** The server would refuse the files at every start, and be started again for ever. */
function requireSameMajorVersion({ programs, user }: ClusterPlan, data: string): void {
  const ofFiles = readIfPresent(join(data, 'PG_VERSION'))?.trim();
  if (ofFiles === undefined) return;
  const ofPrograms = majorVersionOf(programs, user);
  if (ofFiles === ofPrograms) return;
  throw new Refusal(
    `The database in ${data} was made by PostgreSQL ${ofFiles}, and PostgreSQL ${ofPrograms} comes with this Intendant.\n` +
      `  Start the Intendant that made it, or serve it with a PostgreSQL ${ofFiles} of your own and set INTENDANT_DATABASE_URL.`,
  );
}

/** Clusters that were made by an earlier version do not have it yet. */
async function letOwnerMakeRoles(plan: ClusterPlan, data: string): Promise<void> {
  const done = join(plan.directory, 'owner-makes-roles');
  if (existsSync(done)) return;
  await inSingleUserMode(plan, data, [`ALTER ROLE ${OWNER} CREATEROLE`]);
  writeFileSync(done, '');
}

/** Built under another name and renamed when complete, so that an interrupted first start leaves nothing half made. */
async function createCluster(plan: ClusterPlan, data: string, password: string): Promise<void> {
  const draft = `${data}.new`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  giveTo(plan.user, draft);
  await initialise(plan, draft);
  await inSingleUserMode(plan, draft, [
    `CREATE ROLE ${OWNER} LOGIN CREATEROLE ${plan.mayCreateDatabases ? 'CREATEDB ' : ''}PASSWORD '${password}'`,
    ...(plan.mayCreateDatabases ? [`CREATE ROLE ${SUPERUSER_OF_TESTS} LOGIN SUPERUSER PASSWORD '${password}'`] : []),
    `CREATE DATABASE ${DATABASE} OWNER ${OWNER}`,
    `REVOKE ALL ON DATABASE ${DATABASE} FROM PUBLIC`,
  ]);
  renameSync(draft, data);
}

/** The superuser gets a password nobody keeps: it is needed no more, and single-user mode is there if it ever is. */
async function initialise(plan: ClusterPlan, draft: string): Promise<void> {
  const passwordFile = `${draft}.password`;
  rmSync(passwordFile, { force: true });
  writeFileSync(passwordFile, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx' });
  giveTo(plan.user, passwordFile);
  try {
    const login = ['--username', 'postgres', '--pwfile', passwordFile, '--auth', 'scram-sha-256'];
    const text = ['--encoding', 'UTF8', '--locale', 'C', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8'];
    const size = ['--set', 'max_connections=60', '--set', 'shared_buffers=64MB'];
    await run(plan.user, plan.programs.initdb, ['--pgdata', draft, '--no-instructions', ...login, ...text, ...size]);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** Statements on a server that is not running: needs no login, and the secrets in them pass through a pipe only. */
function inSingleUserMode(plan: ClusterPlan, data: string, statements: readonly string[]): Promise<void> {
  const args = ['--single', '-D', data, '-c', 'exit_on_error=true', '-c', 'log_min_error_statement=panic', 'postgres'];
  return run(plan.user, plan.programs.postgres, args, `${statements.join('\n')}\n`);
}

function giveTo({ uid, gid }: DatabaseUser, path: string): void {
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
}

export const databaseEnvironment = (): Record<string, string> => ({
  PATH: process.env.PATH ?? '',
  LC_ALL: 'C',
  TZ: 'UTC',
  ...(process.env.SystemRoot && { SystemRoot: process.env.SystemRoot }),
});

function run(user: DatabaseUser, file: string, args: string[], input = ''): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { ...user, cwd: '/', env: databaseEnvironment(), stdio: 'pipe' });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-4000);
      });
    }
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(unusableDatabase(`${basename(file)} ended with ${signal ?? code}: ${said.trim()}`));
    });
    child.stdin.on('error', () => undefined); // it ended before it read, and its exit code tells why
    child.stdin.end(input);
  });
}
