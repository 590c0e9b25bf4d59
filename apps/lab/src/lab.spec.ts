import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { fakeServices } from '../fixtures/fake-services.mjs';
import { newDirectory, remove } from '../fixtures/launcher-process.mjs';
import { type Lab, startLab } from './lab.js';

let directory: string;
let lab: Lab;

beforeEach(async () => {
  directory = newDirectory();
  const restart = { firstDelayMs: 10, longestDelayMs: 100, healthyAfterMs: 30_000 };
  lab = await startLab({ dataDir: join(directory, 'lab'), services: fakeServices, restart });
});
afterEach(async () => {
  await lab.destroy();
  remove(directory);
});

describe('startLab', () => {
  it('runs everything on free ports, restarts what dies, and tells when it is back', async () => {
    expect(lab.processes.map(({ name }) => name)).toEqual([
      'postgres',
      'curator',
      'smart-city',
      'runtime',
      'content',
      'insights',
    ]);
    expect((await fetch(lab.url)).status).toBe(200);
    expect(await lab.token({ userId: 'eve', roles: [] })).toMatch(/^ey/);
    const { pid } = lab.processes.find(({ name }) => name === 'runtime') as { pid: number };
    const back = lab.restartOf('runtime');
    process.kill(pid, 'SIGKILL');
    expect(await back).not.toBe(pid);
    expect((await fetch(lab.url)).status).toBe(200);
    await expect(lab.restartOf('nobody')).rejects.toThrow('no process named nobody');
  });

  it('refuses a second lab on the same directory and leaves the first alone', async () => {
    await expect(startLab({ dataDir: lab.dataDir, services: fakeServices })).rejects.toThrow('already running');
    expect((await fetch(lab.url)).status).toBe(200);
  });
});
