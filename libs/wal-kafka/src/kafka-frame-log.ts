import {
  type Appended,
  AppendTooLarge,
  assertPartition,
  type Claimed,
  type Cursor,
  type EntryFrame,
  encodeFrame,
  type FrameListener,
  type FrameLog,
  LogClosed,
  LogCorrupt,
  NotSent,
  type PlacedFrame,
  type StopFollowing,
  type UnfitLog,
  type WalDescription,
} from '@intendant/wal';
import type { Kafka } from 'kafkajs';
import { framesOf } from './fetched-frames.js';
import type { FitnessWatch } from './fitness-watch.js';
import { FrameFeed } from './frame-feed.js';
import { GatheringProducer, ProducerSpent, type Sending } from './gathering-producer.js';
import { withAdmin } from './kafka-client.js';
import type { LogReader } from './log-reader.js';
import { cursorAt, cursorBefore, type Offset, offsetBehind } from './offsets.js';

/** Producers that one send may be handed to. */
const TURNS_MAX = 4;

/** What a log is opened with, by `openKafkaFrameLog`. */
export interface OpenedTopic {
  readonly kafka: Kafka;
  readonly brokers: readonly string[];
  readonly logId: string;
  readonly description: WalDescription;
  readonly reader: LogReader;
  readonly watch: FitnessWatch;
  readonly sending: Sending;
}

/**
 * Frames in a Kafka topic, a Kafka partition for each of the log. Appends are idempotent record batches that all in-sync
 * replicas have before they are acknowledged, without transactions: these fence no writer at the price of two more round
 * trips, and their markers would use up offsets. Readers see what is below the high watermark.
 */
export class KafkaFrameLog implements FrameLog {
  readonly logId: string;
  /** The most that the encoded frames of an append may come to, with `batchBytes`; a larger one throws AppendTooLarge. */
  readonly maxBatchBytes: number;
  /** One for the partitions of each broker, so that a broker that is gone holds up no others. */
  readonly #producers = new Map<number, GatheringProducer>();
  /** By partition. */
  readonly #assigned = new Map<number, GatheringProducer>();
  /** Partitions that were claimed here, and where nothing is in doubt since. */
  readonly #claimed = new Set<number>();
  /** Offset behind what this handle appended last. */
  readonly #written = new Map<number, Offset>();
  readonly #feed: FrameFeed;
  #closed = false;

  /** Use `openKafkaFrameLog`. */
  constructor(private readonly opened: OpenedTopic) {
    this.logId = opened.logId;
    this.maxBatchBytes = opened.sending.maxBatchBytes;
    this.#feed = new FrameFeed(opened.kafka, opened.sending.topic, opened.brokers);
  }

  describe(): WalDescription {
    return this.opened.description;
  }

  unfit(): string | null {
    const { problems } = this.opened.watch;
    return problems.length === 0 ? null : problems.join('; ');
  }

  refusal(): UnfitLog | null {
    return this.opened.watch.unfit;
  }

  /** Throws `Trimmed` when the frame behind `after` was dropped, and `LogCorrupt` when the log ends before `after`. */
  async read(partition: number, after: Cursor, limit: number): Promise<readonly PlacedFrame[]> {
    this.#assertOpen(partition);
    const { reader, watch } = this.opened;
    return framesOf(partition, await watch.whileThere(() => reader.read(partition, offsetBehind(after), limit)));
  }

  /** Throws `Trimmed` when the frame was dropped. */
  async at(partition: number, cursor: Cursor): Promise<PlacedFrame | null> {
    this.#assertOpen(partition);
    const offset = offsetBehind(cursor) - 1n;
    const { reader, watch } = this.opened;
    if (offset < 0n || offset >= (await watch.whileThere(() => reader.end(partition)))) return null;
    const placed = framesOf(partition, await watch.whileThere(() => reader.read(partition, offset, 1)));
    return placed.find((one) => one.cursor === cursor) ?? null;
  }

  async end(partition: number): Promise<Cursor> {
    this.#assertOpen(partition);
    const { reader, watch } = this.opened;
    return cursorBefore(await watch.whileThere(() => reader.end(partition)));
  }

  /** A partition whose frames were dropped (`Trimmed`) or are damaged (`LogCorrupt`) is told this as its last trouble. */
  follow(partition: number, after: Cursor, listener: FrameListener): StopFollowing {
    this.#assertOpen(partition);
    return this.#feed.follow(partition, offsetBehind(after), listener);
  }

  /** Throws LogCorrupt when the topic was emptied since this handle appended to it. */
  async claim(partition: number, aboveEpoch: number, nonce: string): Promise<Claimed> {
    this.#assertOpen(partition);
    this.#assertFit();
    const epoch = aboveEpoch + 1;
    const claim = [encodeFrame({ kind: 'claim', epoch, nonce })];
    this.#claimed.delete(partition);
    // by itself: a partition that takes nothing at the moment must not fail the appends of others again and again
    const producer = new GatheringProducer(this.opened.kafka, this.opened.sending);
    try {
      const sent = await this.opened.watch.whileThere(() => producer.send(partition, claim));
      const offset = this.#assertBehind(partition, 0n, sent, claim.length);
      this.#claimed.add(partition);
      return { epoch, cursor: cursorAt(offset) };
    } finally {
      void producer.close().catch(() => undefined);
    }
  }

  /**
   * Throws NotSent when this handle holds no claim of the partition or an append behind it failed; AppendTooLarge when the frames are too large for one batch; LogCorrupt when the topic was emptied meanwhile.
   */
  async append(
    partition: number,
    _claim: { readonly epoch: number; readonly nonce: string },
    frames: readonly EntryFrame[],
    after: Cursor,
  ): Promise<Appended> {
    this.#assertOpen(partition);
    this.#assertFit();
    if (!this.#claimed.has(partition)) throw new NotSent(`partition ${partition} has to be claimed first`);
    const behind = offsetBehind(after);
    const sent = await this.opened.watch
      .whileThere(() => this.#send(partition, frames))
      .catch((error: Error) => {
        if (!(error instanceof AppendTooLarge)) this.#claimed.delete(partition);
        throw error;
      });
    const base = this.#assertBehind(partition, behind, sent, frames.length);
    return { cursors: frames.map((_frame, index) => cursorAt(base + BigInt(index))), adjoins: base === behind };
  }

  async trim(partition: number, before: Cursor): Promise<void> {
    this.#assertOpen(partition);
    const firstKept: Offset = offsetBehind(before) - 1n;
    if (firstKept <= 0n) return;
    const { kafka, sending } = this.opened;
    await withAdmin(kafka, async (admin) => {
      // also makes the partitions' leaders known, without which nothing can be deleted
      const offsets = await admin.fetchTopicOffsets(sending.topic);
      const low = offsets.find((one) => one.partition === partition)?.low ?? '0';
      if (BigInt(low) >= firstKept) return;
      const partitions = [{ partition, offset: String(firstKept) }];
      await admin.deleteTopicRecords({ topic: sending.topic, partitions });
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const producers = [...this.#producers.values()].map((producer) => producer.close().catch(() => undefined));
    await Promise.all([this.opened.watch.stop(), this.#feed.close(), this.opened.reader.close(), ...producers]);
  }

  /** What was appended now must not come before what is known to be there. Gives its offset. */
  #assertBehind(partition: number, known: Offset, base: Offset, count: number): Offset {
    const written = this.#written.get(partition) ?? 0n;
    const least = known > written ? known : written;
    if (base < least) {
      this.#claimed.delete(partition);
      const finding = `it was emptied: what was appended behind ${cursorBefore(least)} came to ${cursorAt(base)}`;
      throw new LogCorrupt(`partition ${partition}`, finding);
    }
    this.#written.set(partition, base + BigInt(count));
    return base;
  }

  /** Offset of the first frame. A send that never left the process, since another's failed before it, is handed on. */
  async #send(partition: number, frames: readonly EntryFrame[]): Promise<Offset> {
    const values = frames.map(encodeFrame);
    for (let turn = 1; ; turn += 1) {
      const producer = await this.#producerOf(partition);
      try {
        return await producer.send(partition, values);
      } catch (error) {
        if (error instanceof ProducerSpent && !this.#closed && turn < TURNS_MAX) continue;
        throw error;
      }
    }
  }

  async #producerOf(partition: number): Promise<GatheringProducer> {
    const assigned = this.#assigned.get(partition);
    if (assigned !== undefined && !assigned.spent) return assigned;
    const leader = await this.opened.reader.leaderOf(partition).catch((error: Error) => {
      throw new NotSent(error.message, { cause: error });
    });
    let producer = this.#producers.get(leader);
    if (producer === undefined || producer.spent) {
      producer = new GatheringProducer(this.opened.kafka, this.opened.sending);
      this.#producers.set(leader, producer);
    }
    this.#assigned.set(partition, producer);
    return producer;
  }

  #assertFit(): void {
    const { unfit } = this.opened.watch;
    if (unfit !== null) throw unfit;
  }

  #assertOpen(partition: number): void {
    if (this.#closed) throw new LogClosed('closed');
    assertPartition(partition, this.opened.description.partitionCount);
  }
}
