import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { newDirectory, remove } from '../../fixtures/launcher-process.mjs';
import { Refusal } from '../refusals.js';
import { ensureCluster } from './cluster-creation.js';

let directory: string;

beforeEach(() => {
  directory = newDirectory();
});
afterEach(() => remove(directory));

describe('ensureCluster', () => {
  it.each([
    ['of a cluster that has started before', true],
    ['of a cluster whose password is lost', false],
  ])('refuses the files of another major version and names both, %s', async (_what, hasStarted) => {
    mkdirSync(join(directory, 'data'));
    writeFileSync(join(directory, 'data', 'PG_VERSION'), '15\n');
    const passwordFile = join(directory, 'password');
    if (hasStarted) for (const file of [passwordFile, join(directory, 'owner-makes-roles')]) writeFileSync(file, 'x');
    const before = readdirSync(directory);
    const postgres = join(directory, 'data', 'postgres');
    writeFileSync(postgres, '#!/bin/sh\necho "postgres (PostgreSQL) 18.4"\n', { mode: 0o755 });
    const plan = {
      directory,
      passwordFile,
      programs: { postgres, initdb: '/nowhere' },
      user: {},
      mayCreateDatabases: false,
    };
    const cluster = ensureCluster(plan);
    await expect(cluster).rejects.toThrow(Refusal);
    await expect(cluster).rejects.toThrow(/made by PostgreSQL 15, and PostgreSQL 18 comes with/);
    expect(readdirSync(directory)).toEqual(before);
  });
});
