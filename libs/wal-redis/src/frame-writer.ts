import {
  type Appended,
  type Claimed,
  type Cursor,
  compareCursors,
  type EntryFrame,
  encodeFrame,
  Fenced,
  LogCorrupt,
  NotSent,
  type PlacedFrame,
  UnfitLog,
} from '@intendant/wal';
import { entryCursor, idOf } from './cursor.js';
import { ServerChanged } from './errors.js';
import type { PartitionKeys } from './keys.js';
import { asLogError, refusalOf, writeRefusalIn } from './server/answers.js';
import type { LiveServer } from './server/connect.js';
import type { ServerLink } from './server/server-link.js';

/** Positions that one call drops, so that nobody waits long behind it. */
const TRIM_STEP = 10_000;

/** Refusals of the library after which the connection is as good as before. */
const NOTHING_STORED = new Set(['FENCED', 'POSITION', 'EPOCH', 'LOST']);

export interface FrameWriterOptions {
  readonly link: ServerLink;
  readonly logId: string;
  readonly keysOf: (partition: number) => PartitionKeys;
  readonly replicas: number;
  readonly confirmTimeoutMs: number;
  readonly readBehind: (partition: number, after: Cursor, limit: number) => Promise<readonly PlacedFrame[]>;
  /** Told of every call that failed otherwise than by the library's own word. */
  readonly onFailure: (error: unknown) => void;
}

interface Claim {
  readonly epoch: number;
  readonly nonce: string;
}

/** Appends through the server's functions. What was sent once is never sent again: a lost answer is told as an error. */
export class FrameWriter {
  /** Claims made here, with the server that took them. */
  readonly #claims = new Map<number, Claim & { readonly identity: string }>();

  constructor(private readonly options: FrameWriterOptions) {}

  async claim(partition: number, aboveEpoch: number, nonce: string): Promise<Claimed> {
    const server = await this.options.link.get();
    for (let epoch = aboveEpoch + 1; ; ) {
      const frame = encodeFrame({ kind: 'claim', epoch, nonce });
      try {
        const reply = await this.#call(server, partition, 'claim', [epoch, nonce, this.#shownAtOnce, frame]);
        const cursor = String(reply);
        await this.#show(server, partition, cursor);
        this.#claims.set(partition, { epoch, nonce, identity: server.identity });
        return { epoch, cursor };
      } catch (error) {
        const refusal = refusalOf(error);
        if (refusal?.code !== 'EPOCH') throw asLogError(error, partition);
        epoch = Number(refusal.text) + 1;
      }
    }
  }

  async append(partition: number, claim: Claim, frames: readonly EntryFrame[], after: Cursor): Promise<Appended> {
    const first = frames[0];
    if (first === undefined) return { cursors: [], adjoins: true };
    const server = await this.options.link.get().catch((error: Error) => {
      throw error instanceof UnfitLog ? error : new NotSent(error.message, { cause: error });
    });
    this.#assertClaimedHere(partition, claim, server);
    const bytes = frames.map(encodeFrame);
    const cursors = frames.map(({ position }) => entryCursor(position));
    const last = cursors.at(-1) as Cursor;
    const asLogs = (error: unknown) => asLogError(error, partition, claim.epoch);
    let before: string;
    try {
      const args = [claim.epoch, claim.nonce, this.#shownAtOnce, first.position, ...bytes];
      before = String(await this.#call(server, partition, 'append', args));
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal?.code !== 'POSITION') throw writeRefusalIn(error) ?? asLogs(error);
      await this.#assertWrittenBefore(server, partition, bytes, cursors, after, Number(refusal.text));
      return { cursors, adjoins: true };
    }
    await this.#show(server, partition, last).catch((error: unknown) => {
      throw asLogs(error);
    });
    return { cursors, adjoins: compareCursors(before, idOf(after)) === 0 };
  }

  async trim(partition: number, before: Cursor): Promise<void> {
    const server = await this.options.link.get();
    for (let isAll = false; !isAll; ) {
      const reply = await this.#call(server, partition, 'trim', [idOf(before), TRIM_STEP]).catch((error: unknown) => {
        throw asLogError(error, partition);
      });
      isAll = Number((reply as unknown[])[1]) === 1;
    }
  }

  get #shownAtOnce(): string {
    return this.options.replicas === 0 ? '1' : '0';
  }

  /** A server that was started anew or promoted may lack what was acknowledged last; only a new claim finds out. */
  #assertClaimedHere(partition: number, claim: Claim, server: LiveServer): void {
    const held = this.#claims.get(partition);
    if (held?.epoch !== claim.epoch || held.nonce !== claim.nonce) throw new Fenced(partition, claim.epoch);
    if (held.identity !== server.identity) throw new ServerChanged(partition);
  }

  /**
   * The position is taken although our claim is open: by these very frames, when an answer was lost, and then they are
   * written; by others never, unless the log was tampered with.
   */
  async #assertWrittenBefore(
    server: LiveServer,
    partition: number,
    bytes: readonly Buffer[],
    cursors: readonly Cursor[],
    after: Cursor,
    position: number,
  ): Promise<void> {
    const [first, last] = [cursors[0] as Cursor, cursors.at(-1) as Cursor];
    if (compareCursors(last, entryCursor(position)) > 0)
      throw new LogCorrupt(`partition ${partition}`, `it ends at position ${position}, the writer goes on at ${first}`);
    await this.#show(server, partition, last).catch((error: unknown) => {
      throw asLogError(error, partition);
    });
    const stored = await this.options.readBehind(partition, after, bytes.length);
    const isOurs = bytes.every((ours, index) => {
      const there = stored[index];
      return there !== undefined && there.cursor === cursors[index] && encodeFrame(there.frame).equals(ours);
    });
    if (!isOurs) throw new LogCorrupt(`partition ${partition}, ${first}`, 'holds another frame than was written there');
  }

  /** With replicas a place is shown to readers only when they have it, and acknowledged only when they know that it is shown. */
  async #show(server: LiveServer, partition: number, cursor: Cursor): Promise<void> {
    if (this.options.replicas > 0) await this.#call(server, partition, 'show', [cursor]);
  }

  /** Calls a function of the library and has the replicas confirm what it wrote. */
  async #call(
    server: LiveServer,
    partition: number,
    name: 'claim' | 'append' | 'show' | 'trim',
    args: readonly (string | number | Buffer)[],
  ): Promise<unknown> {
    const { keysOf, logId, replicas, confirmTimeoutMs, link } = this.options;
    const keys = keysOf(partition);
    const call = ['FCALL', `intendant_wal_${name}`, keys.length, ...keys, logId, ...args] as const;
    try {
      if (replicas === 0) return plain(await server.redis.callBuffer(...call));
      const results = await server.redis
        .pipeline()
        .callBuffer(...call)
        .wait(replicas, confirmTimeoutMs)
        .exec();
      const [[error, reply], [waitError, confirmed]] = results as [[Error | null, unknown], [Error | null, number]];
      if (error !== null) throw error;
      if (waitError !== null) throw waitError;
      if (confirmed < replicas)
        throw new Error(`${confirmed} of ${replicas} replicas confirmed within ${confirmTimeoutMs} ms`);
      return plain(reply);
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === null || !NOTHING_STORED.has(refusal.code)) {
        link.drop(server);
        this.options.onFailure(error);
      }
      throw error;
    }
  }
}

/** Replies of the library are short texts and numbers. */
const plain = (reply: unknown): unknown => {
  if (Buffer.isBuffer(reply)) return reply.toString();
  return Array.isArray(reply) ? reply.map(plain) : reply;
};
