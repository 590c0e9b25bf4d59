import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, mkdtempSync } from 'node:fs';
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
  mkdirSync(usual, { recursive: true, mode: 0o700 });
  if (user.uid === undefined) return usual;
  openOnlyTo(user, usual);
  const record = join(usual, 'elsewhere.json');
  const recorded = readJsonIfWhole<{ directory: string }>(record)?.directory;
  if (recorded !== undefined) return confirmed(recorded, record);
  if (canEnter(usual, user)) return usual;
  if (existsSync(join(usual, 'data'))) {
    throw new Refusal(
      `The database in ${usual} is out of its user's reach (uid ${user.uid}).\n` +
        '  Let others pass through the directories above it, or move the data directory back to where it was.',
    );
  }
  const directory = makeElsewhere(basename(dataDir), user);
  writePrivately(record, JSON.stringify({ directory }));
  return directory;
}

/** Root keeps the directory; the database's group may pass through to its own `data`, and nobody else may do anything. */
function openOnlyTo({ gid }: DatabaseUser, directory: string): void {
  chownSync(directory, 0, gid ?? 0);
  chmodSync(directory, 0o710);
}

function confirmed(directory: string, record: string): string {
  const found = lstatSync(directory, { throwIfNoEntry: false });
  if (found?.isDirectory() && found.uid === 0) return directory;
  throw new Refusal(
    `The database's files were in ${directory} (recorded in ${record}) and are there no more.\n` +
      '  Put them back, or delete that record to start with an empty database.',
  );
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
