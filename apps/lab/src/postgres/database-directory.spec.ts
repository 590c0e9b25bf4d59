import { chmodSync, existsSync, readFileSync, rmSync, statSync } from 'node:fs';
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
});
