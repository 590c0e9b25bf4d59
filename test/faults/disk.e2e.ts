import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Answer, Cluster, User } from '../e2e/cluster.js';
import { until } from '../e2e/cluster.js';
import { expectAllSound, goesOn, startLoad } from '../replicas/sound-load.js';
import { type DiskFault, FailingDisk } from './failing-disk.js';
import { startFaultyCluster, TENANT } from './faulty-cluster.js';

const missing = FailingDisk.missing();
if (missing !== null && process.env['CI'] !== undefined) throw new Error(`the disk cannot be made to fail: ${missing}`);
if (missing !== null) console.warn(`tests of a failing disk are skipped: ${missing}`);

(missing === null ? describe : describe.skip)('a disk that fails under the embedded log', () => {
  let disk: FailingDisk;
  let cluster: Cluster;
  let analyst: User;
  let auditor: User;
  let sessionId: string;

  beforeAll(async () => {
    disk = new FailingDisk();
    cluster = await startFaultyCluster({ envOf: (service) => (service === 'runtime' ? disk.env : {}) });
    analyst = await cluster.user(TENANT, 'analyst', 'analyst');
    auditor = await cluster.user(TENANT, 'auditor', 'auditor');
    sessionId = await analyst.session();
  });
  afterAll(async () => {
    await cluster?.lab.destroy();
    disk?.remove();
  });

  const runtimePid = (): number | undefined => cluster.lab.processes.find(({ name }) => name === 'runtime')?.pid;

  /** Answers of the process `pid` to intents that are sent from now on, until it has ended. */
  async function answersUntilItEnds(pid: number): Promise<readonly Answer[]> {
    const answers: Answer[] = [];
    await until('the process ends', async () => {
      if (runtimePid() !== pid) return true;
      const answer = await analyst.submit(sessionId, 'bench.echo', {});
      // whatever the next process says, which takes its time to start, is another matter
      if (runtimePid() === pid) answers.push(answer);
      return undefined;
    });
    return answers;
  }

  it.each<[string, DiskFault, RegExp]>([
    ['a sync fails with EIO, the next would succeed', 'sync once', /disk I\/O error/],
    ['a write finds the disk full, the next would find room', 'write once', /full/],
  ])(
    'when %s: that process acknowledges nothing more and exits 1, and the next one has everything',
    async (_name, fault, reason) => {
      const load = startLoad(fault.replace(' ', '-'), [analyst], sessionId);
      await goesOn(load, 60);
      const pid = cluster.pidOf('runtime');
      const back = cluster.lab.restartOf('runtime', pid);
      const linesBefore = cluster.lines.length;
      disk.fail(fault);
      await until('the disk has failed', () => disk.hasFailed || undefined);
      const answers = await answersUntilItEnds(pid);
      expect(answers.filter(({ status }) => status < 500)).toEqual([]);
      await back;
      await goesOn(load, 60);
      await expectAllSound(await load.stop(), analyst, auditor);
      const said = cluster.lines.slice(linesBefore);
      const word = said.findIndex((line) => line.includes('an append failed: ending the process'));
      expect(said.slice(word, word + 12).join('\n')).toMatch(reason);
      expect(said.filter((line) => line.includes('exit code 1'))).toHaveLength(1);
    },
  );

  it('when it stays full: nothing is acknowledged until there is room, and then it goes on by itself', async () => {
    const load = startLoad('full', [analyst], sessionId);
    await goesOn(load, 30);
    const pid = cluster.pidOf('runtime');
    disk.fail('write');
    await until('the process has ended', () => (runtimePid() === pid ? undefined : true));
    const linesBefore = cluster.lines.length;
    const acknowledged = load.count();
    await until('the next one has ended, too', () =>
      cluster.lines.slice(linesBefore).some((line) => /runtime .*died/.test(line)) ? true : undefined,
    );
    expect(load.count()).toBe(acknowledged);
    disk.mend();
    await goesOn(load, 30);
    await expectAllSound(await load.stop(), analyst, auditor);
  });
});
