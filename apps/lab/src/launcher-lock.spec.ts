import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { newDirectory, remove } from '../fixtures/launcher-process.mjs';
import { LauncherLock } from './launcher-lock.js';
import { recordOf } from './processes/process-record.js';
import { AlreadyRunning } from './refusals.js';

const URL_A = 'http://127.0.0.1:7400';
let dataDir: string;
let path: string;

beforeEach(() => {
  dataDir = newDirectory();
  path = join(dataDir, 'launcher.lock');
});
afterEach(() => remove(dataDir));

const lockOf = (content: object): void => writeFileSync(path, JSON.stringify({ url: URL_A, nonce: 'n', ...content }));

describe('LauncherLock', () => {
  it('is there from acquire to release, and leaves nothing else', async () => {
    const lock = await LauncherLock.acquire(dataDir, URL_A);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ pid: process.pid, url: URL_A });
    expect(lock.takenOverFrom).toBeUndefined();
    lock.release();
    expect(readdirSync(dataDir)).toEqual([]);
  });

  it('refuses a second launcher, naming pid and URL of the first', async () => {
    await LauncherLock.acquire(dataDir, URL_A);
    const second = LauncherLock.acquire(dataDir, 'http://127.0.0.1:7500');
    await expect(second).rejects.toThrow(AlreadyRunning);
    await expect(second).rejects.toThrow(new RegExp(`pid ${process.pid}, ${URL_A}`));
  });

  it('takes over from a launcher that is dead', async () => {
    const dead = spawn(process.execPath, ['-e', '']);
    await once(dead, 'exit');
    lockOf({ pid: dead.pid, startMark: 'whenever' });
    expect((await LauncherLock.acquire(dataDir, URL_A)).takenOverFrom).toBe(dead.pid);
  });

  it('takes over when the pid belongs to another process by now', async () => {
    lockOf({ pid: process.pid, startMark: 'long before this process began' });
    expect((await LauncherLock.acquire(dataDir, URL_A)).takenOverFrom).toBe(process.pid);
  });

  it('takes over a lock that a full disk left unreadable', async () => {
    writeFileSync(path, '');
    const lock = await LauncherLock.acquire(dataDir, URL_A);
    lock.release();
    expect(existsSync(path)).toBe(false);
  });

  it('goes to exactly one of many that find the same stale lock', async () => {
    lockOf({ pid: 999_999_999, startMark: 'never' });
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => LauncherLock.acquire(dataDir, URL_A)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('waits for a launcher that is stopping', async () => {
    const stopping = spawn(process.execPath, ['-e', 'process.stdin.resume()']);
    await once(stopping, 'spawn');
    lockOf({ ...recordOf(stopping.pid as number), stopping: true });
    const waiting = LauncherLock.acquire(dataDir, URL_A);
    stopping.stdin.end();
    await once(stopping, 'exit');
    (await waiting).release();
  });

  it('does not release what another launcher has taken over', async () => {
    const lock = await LauncherLock.acquire(dataDir, URL_A);
    lockOf({ pid: 1, startMark: 'another' });
    lock.release();
    expect(existsSync(path)).toBe(true);
  });
});
