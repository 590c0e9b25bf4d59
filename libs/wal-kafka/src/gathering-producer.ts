import { AppendTooLarge, NotSent } from '@intendant/wal';
import type { Kafka, PartitionerArgs, Producer } from 'kafkajs';
import { within } from './deadline.js';
import type { Offset } from './offsets.js';

/** Header of a record batch. */
const BATCH_BYTES = 61;
/** The most that Kafka puts around a value without key or headers. */
const RECORD_BYTES = 32;
/** Bounds one request; a broker takes 100 MiB unless told otherwise. */
const REQUEST_BYTES_MAX = 8 * 1024 * 1024;

/** Retried until the deadline of the send; a broker that starts again or hands over its partitions takes some seconds. */
const RETRIES = { retries: 12, initialRetryTime: 100, multiplier: 1.5, maxRetryTime: 1_000 } as const;

export interface Sending {
  readonly topic: string;
  readonly timeoutMs: number;
  /** How long the broker itself may wait for the other replicas. */
  readonly replicationTimeoutMs: number;
  /** The topic's `max.message.bytes`, which bounds a record batch. */
  readonly maxBatchBytes: number;
  /** Why nothing may be sent at the moment, or null. */
  readonly refusal?: () => Error | null;
}

/** Bytes of a record batch with these values, rounded up. */
export const batchBytes = (values: readonly Buffer[]): number =>
  values.reduce((bytes, value) => bytes + value.length + RECORD_BYTES, BATCH_BYTES);

/** The producer was spent before this send had its turn: another producer may take it. */
export class ProducerSpent extends NotSent {
  constructor() {
    super('the producer is spent');
  }
}

/** kafkajs does not try again what failed with this. */
class GivenUp extends Error {
  override readonly name = 'GivenUp';
  readonly retriable = false;
}

interface Waiting {
  readonly partition: number;
  readonly values: readonly Buffer[];
  readonly resolve: (base: Offset) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A producer of several partitions. One request is under way at a time, with a record batch of each partition that has
 * something to send; what comes meanwhile gathers for the next one, as a group of appends does in a file.
 *
 * kafkajs takes the sequence number of a failed send back, although its batch may be written; the broker then drops the
 * next batch as a repetition and acknowledges it. So after any failure it is spent: whoever goes on makes another one.
 */
export class GatheringProducer {
  #spent = false;
  #failed = false;
  #queue: Waiting[] = [];
  #running: Promise<void> | null = null;

  readonly #producer: Producer;
  /** Connects with the first request. */
  #connected: Promise<void> | null = null;
  #isConnected = false;

  constructor(
    kafka: Kafka,
    private readonly sending: Sending,
  ) {
    this.#producer = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      retry: RETRIES,
      createPartitioner: () => (args) => this.#partitionOf(args),
    });
  }

  get spent(): boolean {
    return this.#spent;
  }

  /**
   * Appends the values to a partition as one record batch, all or none of them, and resolves with the first one's offset when
   * the replicas have them. Rejects with AppendTooLarge when they are too large for one batch, and with `NotSent`: nothing was
   * sent then. After any other rejection they may or may not be there, and this producer is spent.
   */
  send(partition: number, values: readonly Buffer[]): Promise<Offset> {
    const { maxBatchBytes } = this.sending;
    const bytes = batchBytes(values);
    return new Promise((resolve, reject) => {
      if (bytes > maxBatchBytes) throw new AppendTooLarge(bytes, maxBatchBytes);
      if (this.#spent) throw new ProducerSpent();
      this.#queue.push({ partition, values, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /**
   * kafkajs asks before every attempt, and this is the only place where its retries can be ended: what was given up must not
   * be sent by one of them, later, and perhaps into another topic of the same name.
   */
  #partitionOf({ message }: PartitionerArgs): number {
    const refusal = this.sending.refusal?.() ?? null;
    if (this.#failed || refusal !== null) throw new GivenUp(refusal?.message ?? 'the send was given up');
    return message.partition as number;
  }

  /** Waits for the request that is under way; what waits behind it is not sent. */
  async close(): Promise<void> {
    this.#spent = true;
    await this.#running;
    // what failed disconnects when its retries have ended
    if (!this.#failed) await this.#producer.disconnect();
  }

  async #run(): Promise<void> {
    // what is sent in the same turn of the event loop goes into the same request
    await new Promise<void>((resolve) => void setImmediate(resolve));
    while (this.#queue.length > 0 && !this.#spent) await this.#request(this.#nextRequest());
    for (const { reject } of this.#queue.splice(0)) reject(new ProducerSpent());
    this.#running = null;
  }

  /** The oldest of each partition, so that a batch of its own stands for each. */
  #nextRequest(): readonly Waiting[] {
    const taken = new Map<number, Waiting>();
    const left: Waiting[] = [];
    let bytes = 0;
    for (const waiting of this.#queue) {
      const more = bytes + batchBytes(waiting.values);
      const fits = taken.size === 0 || more <= REQUEST_BYTES_MAX;
      if (taken.has(waiting.partition) || !fits) {
        left.push(waiting);
        continue;
      }
      bytes = more;
      taken.set(waiting.partition, waiting);
    }
    this.#queue = left;
    return [...taken.values()];
  }

  async #request(batches: readonly Waiting[]): Promise<void> {
    const { topic, timeoutMs } = this.sending;
    const sent = this.#sendAll(batches);
    try {
      const answers = await within(timeoutMs, `sending to ${topic}`, sent);
      for (const { partition, resolve, reject } of batches) {
        const base = answers.get(partition);
        if (base !== undefined) resolve(BigInt(base));
        else {
          this.#failed = true;
          reject(new Error(`partition ${partition}: the broker told no offset`));
        }
      }
    } catch (error) {
      this.#failed = true;
      const failure = error as Error;
      // whoever never had a connection sent nothing, and what was given up is not sent later
      const rejection = this.#isConnected ? failure : new NotSent(failure.message, { cause: failure });
      for (const { reject } of batches) reject(rejection);
    }
    if (!this.#failed) return;
    this.#spent = true;
    this.#disconnectAfter(sent);
  }

  /** First offset of each partition's batch. */
  async #sendAll(batches: readonly Waiting[]): Promise<ReadonlyMap<number, string | undefined>> {
    const { topic, replicationTimeoutMs } = this.sending;
    this.#connected ??= this.#producer.connect();
    await this.#connected;
    this.#isConnected = true;
    const messages = batches.flatMap(({ partition, values }) => values.map((value) => ({ partition, value })));
    const answers = await this.#producer.send({ topic, acks: -1, timeout: replicationTimeoutMs, messages });
    return new Map(answers.map(({ partition, baseOffset }) => [partition, baseOffset]));
  }

  /** Retries that are still going on would connect a producer again that was disconnected before. */
  #disconnectAfter(work: Promise<unknown>): void {
    const disconnect = () => this.#producer.disconnect().catch(() => undefined);
    void work.then(disconnect, disconnect);
  }
}
