import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, hasServer } from '@intendant/nest-kit/testing/database';
import type { ProjectorReport } from '@intendant/read-model';
import { ProjectorLoop } from '@intendant/read-model/postgres';
import { describeReadModel, PARTITIONS, SampleLog } from '@intendant/read-model/testing';
import { LOG_FILE, SqliteLogReader, SqliteWal } from '@intendant/wal-sqlite';
import { describe, expect, it } from '@jest/globals';

const onFatal = (error: Error): void => {
  throw error;
};
const intent = { tenantId: 'acme', userId: 'ada', sessionId: `ses_${'0'.repeat(32)}`, intentType: 'content.upload' };

/** Flips one bit of the text that names this stream, wherever the file has it as a column; the driver ends a process that is given it. */
function damageName(directory: string, streamId: string): string {
  const file = join(directory, LOG_FILE);
  const bytes = readFileSync(file);
  for (let at = bytes.indexOf(streamId); at !== -1; at = bytes.indexOf(streamId, at + 1))
    if (bytes[at - 1] !== '"'.charCodeAt(0)) bytes[at + 5] = (bytes[at + 5] as number) ^ 0x80;
  writeFileSync(file, bytes);
  const name = Buffer.from(streamId);
  name[5] = (name[5] as number) ^ 0x80;
  return name.toString('utf8');
}

if (hasServer) {
  // Read as the projector does: beside the process that writes.
  describeReadModel('the embedded log', async () => {
    const server = await createTestDatabase('read_model');
    const directory = mkdtempSync(join(tmpdir(), 'intendant-lists-'));
    const wal = new SqliteWal({ directory, partitionCount: PARTITIONS, onFatal });
    const reader = new SqliteLogReader(directory);
    const end = async (): Promise<void> => {
      reader.close();
      await wal.close();
      rmSync(directory, { recursive: true, force: true });
      await server.drop();
    };
    return { log: new SampleLog(wal, reader), url: server.url, end };
  });

  describe('lists of an embedded log in which the text of an entry is damaged', () => {
    it('end there for its partition, by name, and go on for the others', async () => {
      const server = await createTestDatabase('read_model');
      const directory = mkdtempSync(join(tmpdir(), 'intendant-lists-'));
      const wal = new SqliteWal({ directory, partitionCount: PARTITIONS, onFatal });
      const log = new SampleLog(wal);
      for (let count = 0; count < 24; count += 1) await log.accept(intent);
      const tails = await Promise.all(Array.from({ length: PARTITIONS }, (_, partition) => wal.tail(partition)));
      const victim = tails.findIndex((tail) => tail > 2);
      const [second] = await wal.read(victim, 2, 1);
      await wal.close();
      const streamId = damageName(directory, second?.streamId as string);
      const reader = new SqliteLogReader(directory);
      const reached = tails.map((tail, partition) => (partition === victim ? 1 : tail));
      let loop: ProjectorLoop | undefined;
      const told = new Promise<ProjectorReport>((resolve) => {
        loop = new ProjectorLoop({
          url: server.url,
          log: reader,
          pause: () => new Promise((done) => setImmediate(done)),
          report: (report) => {
            if (report.halted.length > 0 && String(report.positions) === String(reached)) resolve(report);
          },
        });
      });
      const running = loop?.run();
      try {
        expect((await told).halted).toEqual([
          {
            partition: victim,
            place: `${streamId} seq 1 (partition ${victim}, position 2)`,
            finding: 'hash does not match the bytes',
          },
        ]);
      } finally {
        loop?.stop();
        await running;
        reader.close();
        rmSync(directory, { recursive: true, force: true });
        await server.drop();
      }
    });
  });
} else describe('lists of the embedded log', () => it.skip('need PostgreSQL', () => undefined));
