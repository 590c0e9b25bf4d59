import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { newDirectory, remove, until } from '../../fixtures/launcher-process.mjs';
import type { HangPolicy } from './hang-watch.js';
import { restartDelayMs, usualRestartPolicy } from './restart-policy.js';
import { serviceProcess } from './service-process.js';
import { ProcessStopped, SupervisedProcess } from './supervised-process.js';

const READY = `process.send({ type: 'ready' });`;
const ANSWERS = `process.on('message', () => { console.log('asked'); process.send({ type: 'alive' }); });`;
const DRAINS = `process.on('SIGTERM', () => process.exit(0)); setInterval(() => undefined, 1000);`;

let directory: string;
let supervised: SupervisedProcess;
let notices: string[];
let output: string[];

interface Behaviour {
  firstDelayMs?: number;
  healthyAfterMs?: number;
  graceMs?: number;
  hang?: HangPolicy;
}

function run(script: string, behaviour: Behaviour = {}): SupervisedProcess {
  const { firstDelayMs = 5, healthyAfterMs = 30_000, graceMs = 15_000, hang } = behaviour;
  const entry = join(directory, 'service.mjs');
  writeFileSync(entry, script);
  const restart = { firstDelayMs, longestDelayMs: firstDelayMs * 2, healthyAfterMs };
  const env = { PATH: process.env.PATH ?? '' };
  supervised = new SupervisedProcess(
    { ...serviceProcess({ name: 'fake', entry, cwd: directory, env, restart, hang }), graceMs },
    {
      output: (line) => output.push(line),
      notice: (text) => notices.push(text),
      started: () => undefined,
      refused: () => undefined,
    },
  );
  supervised.start();
  return supervised;
}

const deaths = (): string[] => notices.filter((text) => text.startsWith('died'));

describe('restartDelayMs', () => {
  it('doubles from half a second up to ten seconds', () => {
    const delays = [1, 2, 3, 4, 5, 6, 60].map((count) => restartDelayMs(usualRestartPolicy, count));
    expect(delays).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  });
});

describe('SupervisedProcess', () => {
  beforeEach(() => {
    directory = newDirectory();
    notices = [];
    output = [];
  });
  afterEach(async () => {
    await supervised.stop();
    remove(directory);
  });

  it('is ready when the process says so, and hands on every line', async () => {
    const pid = await run(`console.log('one'); process.stdout.write('no end'); ${READY} ${DRAINS}`).ready();
    expect(pid).toBe(supervised.pid);
    await supervised.stop();
    expect(output).toEqual(['one', 'no end']);
  });

  it('starts a process that was killed again, and says so', async () => {
    const first = await run(DRAINS + READY).ready();
    process.kill(first, 'SIGKILL');
    const second = await supervised.ready(first);
    expect(second).not.toBe(first);
    expect(deaths()[0]).toMatch(/^died after .* \(signal SIGKILL\); starting it again in 0\.0 s$/);
  });

  it('starts a process that somebody else asked to end again, and calls that no death', async () => {
    const first = await run(DRAINS + READY).ready();
    process.kill(first, 'SIGTERM');
    await supervised.ready(first);
    expect(deaths()).toEqual([]);
    expect(notices.find((text) => text.startsWith('ended'))).toMatch(
      /^ended after .* \(exit code 0\); starting it again/,
    );
  });

  it('waits longer after each death in a row', async () => {
    run('process.exit(3)', { firstDelayMs: 100 });
    await until(() => deaths().length >= 3);
    expect(deaths()).toEqual([
      'died while starting (exit code 3); starting it again in 0.1 s',
      'died while starting (exit code 3); starting it again in 0.2 s',
      'died while starting (exit code 3); starting it again in 0.2 s',
    ]);
  });

  it('counts from the beginning after a time of health', async () => {
    const first = await run(DRAINS + READY, { firstDelayMs: 100, healthyAfterMs: 0 }).ready();
    process.kill(first, 'SIGKILL');
    const second = await supervised.ready(first);
    process.kill(second, 'SIGKILL');
    await supervised.ready(second);
    expect(new Set(deaths().map((text) => text.split('; ')[1])).size).toBe(1);
  });

  it('kills a process that no longer answers and starts it again, and leaves one alone that does', async () => {
    const first = await run(`${ANSWERS} ${DRAINS} ${READY}`, { hang: { askEveryMs: 100, unansweredMax: 60 } }).ready();
    await until(() => output.filter((line) => line === 'asked').length > 60);
    expect(supervised.pid).toBe(first);
    process.kill(first, 'SIGSTOP');
    expect(await supervised.ready(first)).not.toBe(first);
    expect(notices).toContain('has not answered for 6.0 s: killed');
    expect(deaths()[0]).toMatch(/^died after .* \(signal SIGKILL\); starting it again/);
  });

  it('does not start a process again that refused its configuration', async () => {
    const ready = run(`console.error('FOO must be set'); process.exit(78)`).ready();
    await expect(ready).rejects.toThrow('fake refused its configuration');
    expect(output).toEqual(['FOO must be set']);
    expect(supervised.pid).toBeUndefined();
  });

  it('kills a process that does not drain in time', async () => {
    const pid = await run(`process.on('SIGTERM', () => undefined); setInterval(() => undefined, 1000); ${READY}`, {
      graceMs: 50,
    }).ready();
    await supervised.stop();
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    expect(notices.at(-1)).toMatch(/did not stop within/);
  });

  it('tells who waits that it was stopped, and starts nothing more', async () => {
    const refused = expect(run('process.exit(1)').ready()).rejects.toThrow(ProcessStopped);
    await supervised.stop();
    await refused;
    expect(supervised.pid).toBeUndefined();
  });

  it('reports a program that cannot be started like a death', async () => {
    supervised = new SupervisedProcess(
      {
        ...serviceProcess({ name: 'fake', entry: 'x', cwd: join(directory, 'missing'), env: {} }),
        restart: { firstDelayMs: 5, longestDelayMs: 5, healthyAfterMs: 1 },
      },
      {
        output: () => undefined,
        notice: (text) => notices.push(text),
        started: () => undefined,
        refused: () => undefined,
      },
    );
    supervised.start();
    await until(() => deaths().length > 1);
    expect(deaths()[0]).toContain('ENOENT');
  });
});
