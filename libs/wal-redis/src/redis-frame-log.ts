import type {
  Appended,
  Claimed,
  Cursor,
  EntryFrame,
  FrameListener,
  FrameLog,
  PlacedFrame,
  StopFollowing,
  UnfitLog,
  WalDescription,
} from '@intendant/wal';
import { FrameFollowers } from './frame-followers.js';
import { FrameReader } from './frame-reader.js';
import { FrameWriter } from './frame-writer.js';
import { keysOf, seenKey } from './keys.js';
import type { RedisLogSettings } from './options.js';
import type { FitnessWatch } from './server/fitness-watch.js';
import type { ServerLink } from './server/server-link.js';

/** Connections by purpose: a writer that waits for replicas holds nobody up, and neither does a reader of much. */
export interface ServerLinks {
  readonly reading: ServerLink;
  readonly writing: ServerLink;
  readonly waiting: ServerLink;
}

/**
 * A log in Redis: a stream per partition, written by functions in the server that check claim and position. Beyond the
 * contract of {@link FrameLog}:
 *
 * - `append` rejects with `ServerChanged` when the server is not the one that took the claim: nothing was stored, claim anew.
 * - `append` and `claim` reject with `LogCorrupt` when the server does not hold what it held, an emptied one included.
 * - `read` and `at` reject with `Trimmed` for what was dropped, with `LogCorrupt` when frames are missing.
 */
export class RedisFrameLog implements FrameLog {
  readonly #reader: FrameReader;
  readonly #writer: FrameWriter;
  readonly #followers: FrameFollowers;

  constructor(
    readonly logId: string,
    private readonly settings: RedisLogSettings,
    private readonly links: ServerLinks,
    private readonly fitness: FitnessWatch,
  ) {
    const keys = (partition: number) => keysOf(settings.prefix, partition);
    this.#reader = new FrameReader(links.reading, logId, keys);
    const readBehind = this.#reader.read.bind(this.#reader);
    this.#writer = new FrameWriter({
      link: links.writing,
      logId,
      keysOf: keys,
      replicas: settings.replicas,
      confirmTimeoutMs: settings.confirmTimeoutMs,
      readBehind,
      onFailure: (error) => fitness.noteRefusal(error),
    });
    this.#followers = new FrameFollowers({
      link: links.waiting,
      seenKeyOf: (partition) => seenKey(settings.prefix, partition),
      readBehind,
    });
  }

  describe(): WalDescription {
    const { replicas, partitionCount } = this.settings;
    const durability =
      replicas === 0
        ? 'Redis, appendfsync always: an append is acknowledged after fsync of the append-only file of the one master. ' +
          'No replica confirms it: a failover may lose what was acknowledged'
        : `Redis, appendfsync always: an append is acknowledged after fsync on the master and receipt, in memory, by ${replicas} ` +
          'replica(s). A failover may lose what was acknowledged unless every replica that can be promoted has to confirm';
    return { backend: 'redis', durability, survivesPowerLoss: true, partitionCount };
  }

  unfit(): string | null {
    return this.fitness.reason;
  }

  refusal(): UnfitLog | null {
    return this.fitness.refusal;
  }

  async read(partition: number, after: Cursor, limit: number): Promise<readonly PlacedFrame[]> {
    this.#assertPartition(partition);
    return this.#reader.read(partition, after, limit);
  }

  async at(partition: number, cursor: Cursor): Promise<PlacedFrame | null> {
    this.#assertPartition(partition);
    return this.#reader.at(partition, cursor);
  }

  async end(partition: number): Promise<Cursor> {
    this.#assertPartition(partition);
    return this.#reader.end(partition);
  }

  follow(partition: number, after: Cursor, listener: FrameListener): StopFollowing {
    this.#assertPartition(partition);
    return this.#followers.follow(partition, after, listener);
  }

  async claim(partition: number, aboveEpoch: number, nonce: string): Promise<Claimed> {
    this.#assertPartition(partition);
    this.#assertFit();
    return this.#writer.claim(partition, aboveEpoch, nonce);
  }

  async append(
    partition: number,
    claim: { readonly epoch: number; readonly nonce: string },
    frames: readonly EntryFrame[],
    after: Cursor,
  ): Promise<Appended> {
    this.#assertPartition(partition);
    this.#assertFit();
    return this.#writer.append(partition, claim, frames, after);
  }

  async trim(partition: number, before: Cursor): Promise<void> {
    this.#assertPartition(partition);
    await this.#writer.trim(partition, before);
  }

  async close(): Promise<void> {
    this.fitness.stop();
    this.links.writing.close();
    await this.#followers.close();
    this.links.reading.close();
  }

  #assertFit(): void {
    if (this.fitness.refusal !== null) throw this.fitness.refusal;
  }

  #assertPartition(partition: number): void {
    const { partitionCount } = this.settings;
    if (!Number.isInteger(partition) || partition < 0 || partition >= partitionCount)
      throw new RangeError(`partition ${partition} is not one of ${partitionCount}`);
  }
}
