import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Entry } from '../entry.js';
import { MemoryWal } from '../memory-wal.js';
import type { Lease, Wal } from '../wal.js';
import { executionIn, LogBook } from './log-book.js';
import { WAL_PARTITIONS, type WalSuite } from './wal-suite.js';

/** Something a writer may do, sound or not. */
type Command =
  | { readonly do: 'acquire'; readonly partition: number }
  | {
      readonly do: 'append';
      readonly partition: number;
      readonly batch: readonly (readonly [stream: number, records: number])[];
    }
  | { readonly do: 'stale'; readonly partition: number }
  | { readonly do: 'broken'; readonly partition: number; readonly stream: number; readonly skip: number };

const partition = fc.nat(WAL_PARTITIONS - 1);
const stream = fc.nat(2);
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ do: fc.constant('acquire' as const), partition }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      partition,
      batch: fc.array(fc.tuple(stream, fc.integer({ min: 1, max: 3 })), { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('stale' as const), partition }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('broken' as const),
      partition,
      stream,
      skip: fc.integer({ min: -1, max: 2 }),
    }),
  },
);

/** Runs commands one after the other; the answers, and all that can be read afterwards. */
async function run(wal: Wal, commands: readonly Command[]): Promise<unknown> {
  const book = new LogBook();
  const leases = new Map<number, Lease>();
  const stale = new Map<number, Lease>();
  for (let p = 0; p < WAL_PARTITIONS; p += 1) leases.set(p, await wal.acquire(p));
  const answers: unknown[] = [];
  const append = async (lease: Lease | undefined, entries: readonly Entry[]): Promise<void> => {
    if (lease === undefined) return;
    answers.push(await wal.append(lease, entries).catch((error: Error) => error.name));
  };
  for (const one of commands) {
    if (one.do === 'acquire') {
      stale.set(one.partition, leases.get(one.partition) as Lease);
      leases.set(one.partition, await wal.acquire(one.partition));
    } else if (one.do === 'append') {
      const entries = one.batch.map(([n, records]) => book.next(executionIn(one.partition, n), records));
      await append(leases.get(one.partition), entries);
    } else if (one.do === 'stale') {
      await append(stale.get(one.partition), [book.peek(executionIn(one.partition))]);
    } else {
      const entry = book.peek(executionIn(one.partition, one.stream));
      await append(leases.get(one.partition), [
        book.peek(executionIn(one.partition, 7)),
        { ...entry, firstSeq: entry.firstSeq + one.skip },
      ]);
      await append(leases.get(one.partition), [{ ...entry, prevHash: Buffer.alloc(32, 3) }]);
    }
  }
  return { answers, log: await logOf(wal) };
}

async function logOf(wal: Wal): Promise<unknown> {
  const log: unknown[] = [];
  for (let p = 0; p < WAL_PARTITIONS; p += 1)
    for (const { streamId, position, firstSeq, recordCount, prevHash, hash, body, records } of await wal.read(
      p,
      1,
      10_000,
    ))
      log.push({
        p,
        streamId,
        position,
        firstSeq,
        recordCount,
        prevHash: hex(prevHash),
        hash: hex(hash),
        body: String(body),
        records,
      });
  return log;
}

const hex = (bytes: Buffer): string => bytes.toString('hex');

export function describeEquivalence(create: WalSuite['create']): void {
  it('answers and keeps the same as the reference, byte for byte, whatever is asked', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 30 }), async (commands) => {
        const bench = await create();
        const wal = await bench.open();
        try {
          expect(await run(wal, commands)).toEqual(await run(new MemoryWal(WAL_PARTITIONS), commands));
        } finally {
          await wal.close();
          await bench.destroy();
        }
      }),
      { numRuns: 25 },
    );
  });
}
