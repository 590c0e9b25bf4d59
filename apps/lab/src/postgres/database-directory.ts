import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, mkdtempSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readJsonIfWhole, writePrivately } from '../private-files.js';
import { Refusal } from '../refusals.js';
import { canEnter, type DatabaseUser } from './database-user.js';

/** Root's places for a directory other users can pass through, the one that survives clean-ups of /var/tmp first. */
const ELSEWHERE = ['/var/lib', '/var/tmp', '/tmp'];

/**
 * The directory that holds the database's files: `postgres` in the data directory. As root, when the database's user
 * cannot reach that, a private directory elsewhere, recorded in `postgres/elsewhere.json`.
 */
export function databaseDirectory(dataDir: string, user: DatabaseUser): string {
  const usual = join(dataDir, 'postgres');
  if (user.uid !== undefined) requireRootsOrTheirs(user.uid, usual);
  mkdirSync(usual, { recursive: true, mode: 0o700 });
  if (user.uid === undefined) return usual;
  openOnlyTo(user, usual);
  const record = join(usual, 'elsewhere.json');
  const recorded = readJsonIfWhole<{ directory: string }>(record)?.directory;
  if (recorded !== undefined) {
    requireThere(recorded, record);
    requireOwn(recorded, record, dataDir);
    return recorded;
  }
  if (canEnter(usual, user)) return usual;
  if (existsSync(join(usual, 'data'))) {
    throw new Refusal(
      `The database in ${usual} is out of its user's reach (uid ${user.uid}).\n` +
        '  Let others pass through the directories above it, or move the data directory back to where it was.',
    );
  }
  const directory = makeElsewhere(basename(dataDir), user);
  writeOwner(directory, dataDir);
  writePrivately(record, JSON.stringify({ directory }));
  return directory;
}

/** Before anything is changed: files of an ordinary user's lab would be out of reach for that user afterwards. */
function requireRootsOrTheirs(databaseUid: number, usual: string): void {
  for (const path of [usual, join(usual, 'data')]) {
    const uid = lstatSync(path, { throwIfNoEntry: false })?.uid;
    if (uid === undefined || uid === 0 || uid === databaseUid) continue;
    throw new Refusal(
      `${path} belongs to the user with uid ${uid}, and the database of root's lab could not use it.\n` +
        '  Start as that user, or choose another data directory with INTENDANT_DATA_DIR.',
    );
  }
}

/** Root keeps the directory; the database's group may pass through to its own `data`, and nobody else may do anything. */
function openOnlyTo({ gid }: DatabaseUser, directory: string): void {
  chownSync(directory, 0, gid ?? 0);
  chmodSync(directory, 0o710);
}

function requireThere(directory: string, record: string): void {
  const found = lstatSync(directory, { throwIfNoEntry: false });
  if (found?.isDirectory() && found.uid === 0) return;
  throw new Refusal(
    `The database's files were in ${directory} (recorded in ${record}) and are there no more.\n` +
      '  Put them back, or delete that record to start with an empty database.',
  );
}

/** The data directory that a database elsewhere belongs to. */
interface Owner {
  dataDir: string;
  inode: number;
}

const ownerFile = (directory: string): string => join(directory, 'owner.json');

const writeOwner = (directory: string, dataDir: string): void =>
  writePrivately(ownerFile(directory), JSON.stringify({ dataDir, inode: statSync(dataDir).ino } satisfies Owner));

/** A copy of the data directory has the record, too: both labs would have one database, whose server ends when either starts. */
function requireOwn(directory: string, record: string, dataDir: string): void {
  const owner = readJsonIfWhole<Owner>(ownerFile(directory));
  // an earlier version wrote none
  if (owner !== undefined && !isOrWas(owner, dataDir)) {
    throw new Refusal(
      `The database in ${directory} belongs to ${owner.dataDir}, and ${dataDir} looks like a copy of that.\n` +
        `  Delete ${record} to start with an empty database here, or ${ownerFile(directory)} to take that one over.`,
    );
  }
  writeOwner(directory, dataDir);
}

/** The same directory, or the one that was moved. */
function isOrWas(owner: Owner, dataDir: string): boolean {
  const here = statSync(dataDir);
  const there = statSync(owner.dataDir, { throwIfNoEntry: false });
  if (there === undefined) return owner.inode === here.ino;
  return there.dev === here.dev && there.ino === here.ino;
}

function makeElsewhere(name: string, user: DatabaseUser): string {
  for (const base of ELSEWHERE) {
    try {
      const directory = mkdtempSync(join(base, `intendant-${name.replace(/[^A-Za-z0-9]/g, '')}-`));
      openOnlyTo(user, directory);
      return directory;
    } catch {
      // not writable, as in a container with a read-only root: the next one
    }
  }
  throw new Refusal(
    `The database's files need a directory in one of ${ELSEWHERE.join(', ')}, and none can be written.`,
  );
}
