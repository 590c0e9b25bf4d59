import { MemoryWal, type Wal } from '@intendant/wal';
import { commandsFor, outcomeOf, WAL_PARTITIONS } from '@intendant/wal/testing';
import { SqliteWal } from '@intendant/wal-sqlite';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeOn, KAFKA, type LogServer, REDIS } from './log-servers.js';
import { freshName, openRemote, scratchDirectory } from './open-remote.js';
import { chosenSeed } from './seeded.js';

const COMMANDS = 400;
const seed = chosenSeed();
const commands = commandsFor(seed, COMMANDS);
console.info(`${COMMANDS} commands of INTENDANT_TEST_SEED=${seed}`);
const reference = outcomeOf(new MemoryWal(WAL_PARTITIONS), commands);

/** The answers and bytes of a log that is closed and opened again where the commands say so. */
async function outcomeOver(open: () => Promise<Wal>): Promise<Awaited<typeof reference>> {
  let last = await open();
  try {
    return await outcomeOf(last, commands, async (wal) => {
      await wal.close();
      last = await open();
      return last;
    });
  } finally {
    await last.close();
  }
}

describe('the reference', () => {
  it('is asked for enough, sound and not, to tell logs apart', async () => {
    const { answers, log } = await reference;
    expect(answers).toEqual(expect.arrayContaining(['Fenced', 'BrokenChain', expect.any(Array)]));
    expect(log.length).toBeGreaterThan(COMMANDS / 2);
    expect(commands.some((command) => command.do === 'reopen')).toBe(true);
  });
});

describe('the same commands: sqlite', () => {
  it('give the same answers, positions, bytes and hashes', async () => {
    const directory = scratchDirectory();
    const onFatal = (error: Error): never => {
      throw error;
    };
    const open = async () => new SqliteWal({ directory: directory.path, partitionCount: WAL_PARTITIONS, onFatal });
    expect(await outcomeOver(open)).toEqual(await reference);
    directory.remove();
  });
});

for (const backend of [REDIS, KAFKA])
  describeOn(backend, 'the same commands', () => {
    let server: LogServer;
    beforeAll(async () => {
      server = await backend.start(WAL_PARTITIONS);
    });
    afterAll(() => server.stop());

    it('give the same answers, positions, bytes and hashes', async () => {
      const [name, copy] = [freshName(), scratchDirectory()];
      const open = async () => (await openRemote(await server.open(name), copy.path)).wal;
      expect(await outcomeOver(open)).toEqual(await reference);
      copy.remove();
    });
  });
