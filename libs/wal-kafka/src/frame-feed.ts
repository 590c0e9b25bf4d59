import type { FrameListener, PlacedFrame, StopFollowing } from '@intendant/wal';
import type { Kafka } from 'kafkajs';
import { framesOf } from './fetched-frames.js';
import { type FetchedPartition, type FetchedRecord, LogConnection } from './log-connection.js';
import type { Offset } from './offsets.js';
import { partitionOutOfRange, whyGone } from './place-gone.js';

/** A partition that is followed from now on has to wait for the fetch that is open, so it is kept short. */
const LONG_POLL_MS = 250;
const FETCH_BYTES = 4 * 1_024 * 1_024;
const RETRY_AFTER_MS = 200;

/** Where an error of kafkajs says that it comes from; some say it in their message, others only in a member or in their cause. */
function brokerOf(error: unknown): string | undefined {
  const { host, port, broker, cause } = (error ?? {}) as Record<string, unknown>;
  if (typeof host === 'string') return `${host}:${String(port)}`;
  if (typeof broker === 'string') return broker;
  return cause === undefined ? undefined : brokerOf(cause);
}

/** A connection that was closed or does not answer, with the broker that it goes to; of no broker at all, with all of them. */
function namingBroker(error: Error, brokers: readonly string[]): Error {
  const isNone = error.name === 'KafkaJSNoBrokerAvailableError';
  const broker = isNone ? brokers.join(', ') : brokerOf(error);
  if (broker === undefined || error.message.includes(broker)) return error;
  return new Error(`not reached: ${error.message} ${broker}`, { cause: error });
}

interface Followed {
  readonly partition: number;
  readonly listener: FrameListener;
  next: Offset;
  inTrouble: boolean;
}

/**
 * Follows partitions: one open fetch per broker asks for all those that the broker leads. What was told is remembered per
 * partition, so a lost connection neither repeats a frame nor leaves one out. A partition whose frames are gone or are no
 * frames gets this as its trouble and is not followed any more; everything else is tried again.
 */
export class FrameFeed {
  readonly #followed = new Map<number, Set<Followed>>();
  #running: Promise<void> | undefined;
  #connection: LogConnection | undefined;
  #closed = false;
  #wake: () => void = () => undefined;
  #woken = this.#nextWake();

  constructor(
    private readonly kafka: Kafka,
    private readonly topic: string,
    /** Those that the log is looked for at. */
    private readonly brokers: readonly string[],
  ) {}

  follow(partition: number, from: Offset, listener: FrameListener): StopFollowing {
    const one: Followed = { partition, listener, next: from, inTrouble: false };
    const all = this.#followed.get(partition) ?? new Set();
    this.#followed.set(partition, all.add(one));
    this.#running ??= this.#run();
    this.#wakePolls();
    return async () => this.#drop(one);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#followed.clear();
    this.#connection?.discard();
    this.#wakePolls();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#closed) {
      try {
        const connection = await LogConnection.open(this.kafka, this.topic);
        this.#connection = connection;
        // the first that fails ends all of them; a fetch that is still open then tells only what is new, see #tell
        await Promise.all(connection.leadingNodes.map((nodeId) => this.#poll(connection, nodeId)));
      } catch (error) {
        for (const one of this.#all()) this.#trouble(one, namingBroker(error as Error, this.brokers));
        await new Promise((resolve) => void setTimeout(resolve, RETRY_AFTER_MS));
      } finally {
        this.#connection?.discard();
      }
    }
  }

  async #poll(connection: LogConnection, nodeId: number): Promise<void> {
    while (!connection.discarded && !this.#closed) {
      const due = this.#all().filter(({ partition }) => connection.leaderOf(partition) === nodeId);
      if (due.length === 0) await this.#woken;
      else await this.#fetch(connection, nodeId, due);
    }
  }

  async #fetch(connection: LogConnection, nodeId: number, due: readonly Followed[]): Promise<void> {
    const from = new Map<number, Offset>();
    for (const { partition, next } of due) {
      const earlier = from.get(partition);
      from.set(partition, earlier !== undefined && earlier < next ? earlier : next);
    }
    const wanted = [...from].map(([partition, offset]) => ({ partition, from: offset }));
    try {
      const limits = { maxBytes: FETCH_BYTES, maxWaitMs: LONG_POLL_MS };
      const found = await connection.fetch(nodeId, wanted, limits);
      for (const one of due) this.#tell(one, found);
    } catch (error) {
      const partition = partitionOutOfRange(error);
      if (partition === null) throw error;
      const place = from.get(partition) as Offset;
      const gone = await whyGone(connection, partition, place);
      for (const one of due.filter((each) => each.partition === partition && each.next === place)) this.#end(one, gone);
    }
  }

  #tell(one: Followed, found: readonly FetchedPartition[]): void {
    if (!this.#isFollowed(one)) return;
    if (one.inTrouble) {
      one.inTrouble = false;
      one.listener.onTrouble(null);
    }
    const records = found.filter(({ partition }) => partition === one.partition).flatMap((each) => each.records);
    const news = records.filter(({ offset }) => offset >= one.next);
    if (news.length === 0) return;
    let frames: readonly PlacedFrame[];
    try {
      frames = framesOf(one.partition, news);
    } catch (error) {
      this.#end(one, error as Error);
      return;
    }
    one.next = (news.at(-1) as FetchedRecord).offset + 1n;
    one.listener.onFrames(frames);
  }

  #trouble(one: Followed, error: Error): void {
    if (one.inTrouble || !this.#isFollowed(one)) return;
    one.inTrouble = true;
    one.listener.onTrouble(error);
  }

  #end(one: Followed, error: Error): void {
    // also one that waits for a lost connection hears that it waits in vain
    one.inTrouble = false;
    this.#trouble(one, error);
    this.#drop(one);
  }

  #drop(one: Followed): void {
    this.#followed.get(one.partition)?.delete(one);
  }

  #isFollowed(one: Followed): boolean {
    return this.#followed.get(one.partition)?.has(one) ?? false;
  }

  #all(): readonly Followed[] {
    return [...this.#followed.values()].flatMap((all) => [...all]);
  }

  #wakePolls(): void {
    const wake = this.#wake;
    this.#woken = this.#nextWake();
    wake();
  }

  #nextWake(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
