import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { newDirectory, remove } from '../../fixtures/launcher-process.mjs';
import { LauncherLock } from '../launcher-lock.js';
import { writePrivately } from '../private-files.js';
import { ProcessRegister } from './orphans.js';
import { recordOf } from './process-record.js';
import { runningService } from './running-service.js';

const URL_A = 'http://127.0.0.1:7400';
let dataDir: string;
let lock: LauncherLock | undefined;
const children: ChildProcess[] = [];

beforeEach(() => {
  dataDir = newDirectory();
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  lock?.release();
  lock = undefined;
  remove(dataDir);
});

async function launched(): Promise<ProcessRegister> {
  lock = await LauncherLock.acquire(dataDir, URL_A);
  return new ProcessRegister(dataDir);
}

async function service(): Promise<ChildProcess & { pid: number }> {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()']);
  children.push(child);
  await once(child, 'spawn');
  return child as ChildProcess & { pid: number };
}

describe('runningService', () => {
  it('kills the process that the launcher started, and tells the next one', async () => {
    const register = await launched();
    const first = await service();
    register.started('runtime', first.pid);
    const found = runningService(dataDir, 'http://127.0.0.1:7400/', 'runtime');
    expect(found.pid).toBe(first.pid);
    const next = found.killAndAwaitNext();
    expect((await once(first, 'exit'))[1]).toBe('SIGKILL');
    const second = await service();
    register.started('runtime', second.pid);
    expect(await next).toBe(second.pid);
  });

  it('says so when none is started in its place', async () => {
    const first = await service();
    (await launched()).started('runtime', first.pid);
    await expect(runningService(dataDir, URL_A, 'runtime').killAndAwaitNext(1)).rejects.toThrow(/not started again/);
  });

  it('finds nothing without a launcher, for another URL, or under another name', async () => {
    expect(() => runningService(dataDir, URL_A, 'runtime')).toThrow(/No launcher/);
    (await launched()).started('runtime', (await service()).pid);
    expect(() => runningService(dataDir, 'http://127.0.0.1:7500', 'runtime')).toThrow(/answers at/);
    expect(() => runningService(dataDir, URL_A, 'insurance')).toThrow(/runs no insurance/);
  });

  it('never hands out a pid that another program has by now', async () => {
    await launched();
    const stranger = { ...recordOf((await service()).pid), startMark: 'long ago' };
    writePrivately(join(dataDir, 'processes.json'), JSON.stringify({ runtime: stranger }));
    expect(() => runningService(dataDir, URL_A, 'runtime')).toThrow(/runs no runtime/);
  });
});
