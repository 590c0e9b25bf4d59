import { join } from 'node:path';
import { archiveUpTo, DirectoryStore, LogArchive, takeSnapshot } from '@intendant/archive';
import { realScheduler } from '@intendant/kernel/testing';
import { type FrameLog, START_CURSOR } from '@intendant/wal';
import { executionIn, LogBook } from '@intendant/wal/testing';
import { RemoteWal } from '@intendant/wal-remote';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { describeOn, KAFKA, type LogServer, REDIS } from './log-servers.js';
import { freshName, scratchDirectory } from './open-remote.js';

for (const backend of [REDIS, KAFKA])
  describeOn(backend, 'a trimmed log', () => {
    let server: LogServer;
    let scratch: ReturnType<typeof scratchDirectory>;
    const opened: RemoteWal[] = [];
    beforeAll(async () => {
      server = await backend.start(2);
    });
    afterAll(() => server.stop());
    beforeEach(() => {
      scratch = scratchDirectory();
    });
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((wal) => wal.close()));
      scratch.remove();
    });

    const archiveFor = ({ logId }: FrameLog) =>
      new LogArchive(new DirectoryStore(join(scratch.path, 'archive')), logId);
    async function replica(name: string, directory: string, halted: string[] = []): Promise<RemoteWal> {
      const log = await server.open(name);
      const wal = await RemoteWal.open({
        directory: join(scratch.path, directory),
        log,
        scheduler: realScheduler,
        archive: archiveFor(log),
        onLost: () => undefined,
        onHalted: (_partition, { finding }) => halted.push(finding),
      });
      opened.push(wal);
      return wal;
    }

    it.each([
      ['behind many entries', [300, 5]],
      ['behind the first claim alone', [1]],
    ])('is begun by a replica without a store from snapshot and tail, and written on: %s', async (_where, counts) => {
      const [name, book] = [freshName(), new LogBook()];
      const first = await replica(name, 'first');
      const append = async (wal: RemoteWal, count: number) =>
        wal.append(
          await wal.acquire(0),
          Array.from({ length: count }, (_, index) => book.next(executionIn(0, index % 9))),
        );
      for (const count of counts) await append(first, count);
      const log = await server.open(name);
      const archive = archiveFor(log);
      await archive.declare(2);
      const place = first.placeOf(0);
      await archiveUpTo(archive, first, 0, place.progress.position);
      await takeSnapshot(archive, first, { partition: 0, ...place }, undefined, Date.now());
      await append(first, 7);
      await first.trim(0, place);
      await expect(log.read(0, START_CURSOR, 1)).rejects.toMatchObject({ name: 'Trimmed' });
      await log.close();

      const halted: string[] = [];
      const second = await replica(name, 'second', halted);
      await second.catchUp(0);
      expect(halted).toEqual([]);
      expect(await second.read(0, 1, 1_000)).toEqual(await first.read(0, 1, 1_000));
      const before = counts.reduce((sum, count) => sum + count, 7);
      expect(await append(second, 2)).toEqual([before + 1, before + 2]);
      await second.close();
      opened.pop();
      expect(await (await replica(name, 'second', halted)).tail(0)).toBe(before + 2);
      expect(halted).toEqual([]);
    });
  });
