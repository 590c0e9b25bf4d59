import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { isRunning, newDirectory, remove } from '../../fixtures/launcher-process.mjs';
import { stopOrphanServer } from './postmaster-file.js';

const GRACE_MS = 30_000;
let parent: string;
let data: string;
let child: ChildProcess | undefined;

beforeEach(() => {
  parent = newDirectory();
  data = join(parent, 'data');
  mkdirSync(data);
});
afterEach(() => {
  child?.kill('SIGKILL');
  remove(parent);
});

/** A process with these arguments, which `postmaster.pid` takes for the server; its pid. */
function named(args: string[], cwd = '/'): number {
  child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 60_000)', '--', ...args], {
    cwd,
    stdio: 'ignore',
  });
  writeFileSync(join(data, 'postmaster.pid'), `${child.pid}\n`);
  return child.pid as number;
}

describe('stopOrphanServer', () => {
  it('ends the server of these files', async () => {
    const pid = named(['-D', data, '-p', '1']);
    expect(await stopOrphanServer(data, GRACE_MS)).toBe(true);
    expect([isRunning(pid), existsSync(join(data, 'postmaster.pid'))]).toEqual([false, false]);
  });

  it.each([
    ['speaks of postgres', () => ['/var/log/postgresql/postgres.log']],
    ['serves other files', () => ['-D', join(parent, 'another'), '-p', '1']],
    ['serves files whose path begins like this', () => ['-D', `${data}-2`, '-p', '1']],
  ])('leaves a program alone that has got the pid and %s', async (_what, args) => {
    const pid = named(args());
    expect(await stopOrphanServer(data, GRACE_MS)).toBe(false);
    expect([isRunning(pid), existsSync(join(data, 'postmaster.pid'))]).toEqual([true, false]);
  });
});

// Two servers on the same files would destroy them, and what tells apart is in /proc.
(process.platform === 'linux' ? describe : describe.skip)('stopOrphanServer, of files with another path', () => {
  it('ends their server also when they were moved', async () => {
    const pid = named(['-D', data, '-p', '1'], data);
    const moved = join(parent, 'moved');
    renameSync(data, moved);
    expect(await stopOrphanServer(moved, GRACE_MS)).toBe(true);
    expect(isRunning(pid)).toBe(false);
  });

  it('ends their server also when it was started by a link', async () => {
    const link = join(parent, 'link');
    symlinkSync(data, link);
    const pid = named(['-D', link, '-p', '1']);
    expect(await stopOrphanServer(data, GRACE_MS)).toBe(true);
    expect(isRunning(pid)).toBe(false);
  });
});
