import { executionIn, LogBook, WAL_PARTITIONS } from '@intendant/wal/testing';
import { assertEachOnce } from '@intendant/wal-remote/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeOn, KAFKA, type LogServer, REDIS } from './log-servers.js';
import { freshName, openRemote, scratchDirectory } from './open-remote.js';
import { until } from './until.js';
import { WriterProcess } from './writer-process.js';

const ZOMBIES = 3;

for (const backend of [REDIS, KAFKA])
  describeOn(
    backend,
    'an owner that is stopped while it appends, and continued when another holds its partition',
    () => {
      let server: LogServer;
      beforeAll(async () => {
        server = await backend.start(WAL_PARTITIONS);
      });
      afterAll(() => server.stop());

      /** Stops the writer in the midst of its appends and takes its partition; resolves with what it comes to. */
      async function outlive(zombie: WriterProcess, name: string): Promise<void> {
        const copy = scratchDirectory();
        const { wal } = await openRemote(await server.open(name), copy.path);
        try {
          await until(() => zombie.acknowledged.size >= 50 || zombie.ended !== null);
          expect(zombie.ended).toBeNull();
          zombie.freeze();
          const lease = await wal.acquire(0);
          const reached = await wal.tail(0);
          const book = new LogBook();
          for (let count = 0; count < 20; count += 1) await wal.append(lease, [book.next(executionIn(0, 1_000))]);
          zombie.thaw();
          await zombie.finished();
          expect(zombie).toMatchObject({ ended: 'Fenced', lost: ['Fenced'], halted: [] });
          await wal.append(lease, [book.next(executionIn(0, 1_000))]);
          // what it acknowledges after its waking was there before the claim
          expect(Math.max(...zombie.acknowledged.values())).toBeLessThanOrEqual(reached);
          // the one append that was under way may be there unacknowledged
          expect(reached - zombie.acknowledged.size).toBeLessThanOrEqual(1);
          expect(await assertEachOnce(wal, 0, zombie.acknowledged)).toBe(reached + 21);
          expect((await wal.read(0, reached + 1, 100)).every(({ epoch }) => epoch === lease.epoch)).toBe(true);
        } finally {
          await wal.close();
          copy.remove();
        }
      }

      it('acknowledges nothing any more, leaves no mark, and is told that it is fenced', async () => {
        for (let count = 0; count < ZOMBIES; count += 1) {
          const [name, copy] = [freshName(), scratchDirectory()];
          const options = server.optionsOf(name);
          const plan = { backend: backend.name, options, directory: copy.path, partition: 0, streamId: executionIn(0) };
          const zombie = WriterProcess.start(plan);
          await outlive(zombie, name).finally(() => zombie.kill());
          copy.remove();
        }
      });
    },
  );
