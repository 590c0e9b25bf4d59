import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { newDirectory, remove } from '../../fixtures/launcher-process.mjs';
import { databaseDirectory } from './database-directory.js';
import { databaseUser } from './database-user.js';

const asRoot = process.getuid?.() === 0 ? describe : describe.skip;
let parent: string;
let dataDir: string;

beforeEach(() => {
  parent = newDirectory();
  dataDir = join(parent, 'lab');
});
afterEach(() => remove(parent));

describe('databaseDirectory', () => {
  it('is in the data directory, closed to others', () => {
    const directory = databaseDirectory(parent, databaseUser());
    expect(directory).toBe(join(parent, 'postgres'));
    expect(statSync(directory).mode & 0o007).toBe(0);
  });
});

asRoot('databaseDirectory, as root below a directory only root can enter', () => {
  let elsewhere: string;
  const record = () => join(dataDir, 'postgres', 'elsewhere.json');

  beforeEach(() => {
    chmodSync(parent, 0o700);
    elsewhere = databaseDirectory(dataDir, databaseUser());
  });
  afterEach(() => remove(elsewhere));

  it('is a private directory elsewhere, recorded in the data directory', () => {
    expect(elsewhere.startsWith(parent)).toBe(false);
    expect(statSync(elsewhere).mode & 0o777).toBe(0o710);
    expect(statSync(elsewhere).uid).toBe(0);
    expect(JSON.parse(readFileSync(record(), 'utf8'))).toEqual({ directory: elsewhere });
  });

  it('stays there, also when the data directory could be reached by now', () => {
    chmodSync(parent, 0o711);
    expect(databaseDirectory(dataDir, databaseUser())).toBe(elsewhere);
  });

  it('is never quietly replaced by an empty one', () => {
    rmSync(elsewhere, { recursive: true });
    expect(() => databaseDirectory(dataDir, databaseUser())).toThrow('are there no more');
    rmSync(record());
    elsewhere = databaseDirectory(dataDir, databaseUser());
    expect(existsSync(elsewhere)).toBe(true);
  });

  it('is not shared with a copy of the data directory, until that takes it over', () => {
    const copy = join(parent, 'copy');
    cpSync(dataDir, copy, { recursive: true });
    expect(() => databaseDirectory(copy, databaseUser())).toThrow(
      `belongs to ${dataDir}, and ${copy} looks like a copy`,
    );
    expect(databaseDirectory(dataDir, databaseUser())).toBe(elsewhere);
    rmSync(dataDir, { recursive: true });
    expect(() => databaseDirectory(copy, databaseUser())).toThrow('looks like a copy');
    rmSync(join(elsewhere, 'owner.json'));
    expect(databaseDirectory(copy, databaseUser())).toBe(elsewhere);
  });

  it('goes with the data directory that is moved, reached by a link, or replaced from a backup', () => {
    const moved = join(parent, 'moved');
    renameSync(dataDir, moved);
    expect(databaseDirectory(moved, databaseUser())).toBe(elsewhere);
    symlinkSync(moved, dataDir);
    expect(databaseDirectory(dataDir, databaseUser())).toBe(elsewhere);
    const backup = join(parent, 'backup');
    cpSync(moved, backup, { recursive: true });
    rmSync(moved, { recursive: true });
    renameSync(backup, moved);
    expect(databaseDirectory(moved, databaseUser())).toBe(elsewhere);
  });

  it('goes on where an earlier version wrote no owner', () => {
    rmSync(join(elsewhere, 'owner.json'));
    expect(databaseDirectory(dataDir, databaseUser())).toBe(elsewhere);
    expect(JSON.parse(readFileSync(join(elsewhere, 'owner.json'), 'utf8'))).toMatchObject({ dataDir });
  });
});

asRoot('databaseDirectory, as root on the data directory of an ordinary user', () => {
  const uid = 12_345;
  const modes = () =>
    [join(dataDir, 'postgres'), join(dataDir, 'postgres', 'data')].map((path) => {
      const { uid, gid, mode } = statSync(path);
      return { uid, gid, mode };
    });

  it.each([
    ['all of it', ['postgres', 'postgres/data']],
    ['the files alone, as earlier versions left it', ['postgres/data']],
  ])('refuses and changes nothing when %s is that user’s', (_what, theirs) => {
    mkdirSync(join(dataDir, 'postgres', 'data'), { recursive: true });
    for (const name of theirs) chownSync(join(dataDir, name), uid, uid);
    const before = modes();
    expect(() => databaseDirectory(dataDir, databaseUser())).toThrow(`belongs to the user with uid ${uid}`);
    expect(modes()).toEqual(before);
  });
});
