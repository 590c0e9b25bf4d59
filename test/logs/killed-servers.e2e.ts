import { assertEachOnce } from '@intendant/wal-remote/testing';
import { expect, it } from '@jest/globals';
import { describeOn, KAFKA, type LogServer, REDIS } from './log-servers.js';
import { freshName, openRemote, scratchDirectory } from './open-remote.js';
import { SteadyWriter } from './steady-writer.js';
import { until } from './until.js';

const KILLS = 10;
const ENTRIES_BETWEEN = 50;

for (const backend of [REDIS, KAFKA])
  describeOn(backend, 'the only server is killed again and again under appends', () => {
    it('loses nothing that was acknowledged, and the writer goes on by itself or acquires again', async () => {
      const server = await backend.start(1);
      const [name, copy, judged] = [freshName(), scratchDirectory(), scratchDirectory()];
      const { wal, lost, halted } = await openRemote(await server.open(name), copy.path);
      const writer = new SteadyWriter(wal, 0);
      try {
        await killAgainAndAgain(server, writer);
        await writer.stop();
        expect(halted).toEqual([]);
        // whoever is rejected was told so, and nobody else
        expect(lost).toHaveLength(writer.rejections.length);
        await wal.close();
        const judge = await openRemote(await server.open(name), judged.path);
        const { acknowledged, acquisitions, rejections } = writer;
        const entriesInLog = await assertEachOnce(judge.wal, 0, acknowledged);
        await judge.wal.close();
        const pauseMs = Math.round(writer.longestPauseMs);
        const counts = { acknowledged: acknowledged.size, entriesInLog, acquisitions, pauseMs };
        console.info(JSON.stringify({ backend: backend.name, kills: KILLS, ...counts, rejections }));
        expect(entriesInLog - acknowledged.size).toBeLessThanOrEqual(rejections.length);
      } finally {
        await writer.stop();
        await wal.close();
        await server.stop();
        copy.remove();
        judged.remove();
      }
    }, 600_000);
  });

async function killAgainAndAgain(server: LogServer, { acknowledged }: SteadyWriter): Promise<void> {
  for (let kills = 0; kills < KILLS; kills += 1) {
    const reached = acknowledged.size + ENTRIES_BETWEEN;
    await until(() => acknowledged.size >= reached);
    await server.kill();
    await server.restart();
  }
  const reached = acknowledged.size + ENTRIES_BETWEEN;
  await until(() => acknowledged.size >= reached);
}
