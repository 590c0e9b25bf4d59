import fc from 'fast-check';
import type { Entry } from '../entry.js';
import type { Lease, Wal } from '../wal.js';
import { executionIn, LogBook } from './log-book.js';
import { WAL_PARTITIONS } from './wal-suite.js';

/** Something a writer may do, sound or not. */
export type LogCommand =
  /** Closes the log and opens it again; everything has to be acquired anew. */
  | { readonly do: 'reopen' }
  | { readonly do: 'acquire'; readonly partition: number }
  | {
      readonly do: 'append';
      readonly partition: number;
      readonly batch: readonly (readonly [stream: number, records: number])[];
    }
  | { readonly do: 'stale'; readonly partition: number }
  | { readonly do: 'broken'; readonly partition: number; readonly stream: number; readonly skip: number };

type Broken = Extract<LogCommand, { do: 'broken' }>;

const partition = fc.nat(WAL_PARTITIONS - 1);
const stream = fc.nat(2);
/** Any command but `reopen`, which not every log takes. */
export const logCommand: fc.Arbitrary<LogCommand> = fc.oneof(
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

/** So many commands, the same for the same seed; about one of forty is `reopen`. */
export function commandsFor(seed: number, count: number): readonly LogCommand[] {
  const any = fc.oneof(
    { weight: 39, arbitrary: logCommand },
    { weight: 1, arbitrary: fc.constant({ do: 'reopen' } as const) },
  );
  return fc.sample(any, { seed, numRuns: count });
}

/** Runs commands one after the other; the answers, and all that can be read afterwards. */
export async function outcomeOf(
  wal: Wal,
  commands: readonly LogCommand[],
  reopen: (wal: Wal) => Promise<Wal> = async (same) => same,
): Promise<{ readonly answers: readonly unknown[]; readonly log: readonly unknown[] }> {
  const writer = new CommandedWriter(wal);
  await writer.acquireAll();
  for (const command of commands) {
    if (command.do === 'reopen') {
      writer.wal = await reopen(writer.wal);
      await writer.acquireAll();
    } else await writer.follow(command);
  }
  return { answers: writer.answers, log: await logOf(writer.wal) };
}

class CommandedWriter {
  readonly answers: unknown[] = [];
  readonly #book = new LogBook();
  readonly #leases = new Map<number, Lease>();
  readonly #stale = new Map<number, Lease>();

  constructor(public wal: Wal) {}

  async acquireAll(): Promise<void> {
    for (let p = 0; p < WAL_PARTITIONS; p += 1) await this.#acquire(p);
  }

  async follow(command: Exclude<LogCommand, { do: 'reopen' }>): Promise<void> {
    const { partition: p } = command;
    const [lease, stale] = [this.#leases.get(p), this.#stale.get(p)];
    const book = this.#book;
    if (command.do === 'acquire') await this.#acquire(p);
    else if (command.do === 'append')
      await this.#append(
        lease,
        command.batch.map(([n, records]) => book.next(executionIn(p, n), records)),
      );
    else if (command.do === 'stale') await this.#append(stale, [book.peek(executionIn(p))]);
    else await this.#appendBroken(lease, p, command);
  }

  /** A batch that skips so many of a stream, none of which makes it sound, and one with another past. */
  async #appendBroken(lease: Lease | undefined, p: number, { stream: n, skip }: Broken): Promise<void> {
    const entryOf = (id: string): Entry => (skip === 0 ? this.#book.next(id) : this.#book.peek(id));
    const [beside, entry] = [entryOf(executionIn(p, 7)), entryOf(executionIn(p, n))];
    await this.#append(lease, [beside, { ...entry, firstSeq: entry.firstSeq + skip }]);
    await this.#append(lease, [{ ...entry, prevHash: Buffer.alloc(32, 3) }]);
  }

  async #acquire(p: number): Promise<void> {
    const before = this.#leases.get(p);
    if (before !== undefined) this.#stale.set(p, before);
    this.#leases.set(p, await this.wal.acquire(p));
  }

  async #append(lease: Lease | undefined, entries: readonly Entry[]): Promise<void> {
    if (lease === undefined) return;
    this.answers.push(await this.wal.append(lease, entries).catch((error: Error) => error.name));
  }
}

async function logOf(wal: Wal): Promise<readonly unknown[]> {
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
