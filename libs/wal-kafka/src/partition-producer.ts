import type { Kafka, Producer } from 'kafkajs';
import { within } from './deadline.js';
import type { Offset } from './offsets.js';

/** Header of a record batch. */
const BATCH_BYTES = 61;
/** The most that Kafka puts around a value without key or headers. */
const RECORD_BYTES = 32;

/** Retried until the deadline of the send; a broker that starts again or hands over its partitions takes some seconds. */
const RETRIES = { retries: 12, initialRetryTime: 100, multiplier: 1.5, maxRetryTime: 1_000 } as const;

export interface Sending {
  readonly topic: string;
  readonly partition: number;
  readonly timeoutMs: number;
  /** How long the broker itself may wait for the other replicas. */
  readonly replicationTimeoutMs: number;
  /** The topic's `max.message.bytes`, which bounds a record batch. */
  readonly maxBatchBytes: number;
}

/** Bytes of a record batch with these values, rounded up. */
export const batchBytes = (values: readonly Buffer[]): number =>
  values.reduce((bytes, value) => bytes + value.length + RECORD_BYTES, BATCH_BYTES);

/**
 * The one producer of a partition. kafkajs takes the sequence number of a failed send back, although its batch may be
 * written; the broker then drops the next batch as a repetition and acknowledges it. So after any failure it is spent:
 * whoever goes on makes another one.
 */
export class PartitionProducer {
  #spent = false;

  private constructor(
    private readonly producer: Producer,
    private readonly sending: Sending,
  ) {}

  static async open(kafka: Kafka, sending: Sending): Promise<PartitionProducer> {
    const producer = kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      retry: RETRIES,
      createPartitioner: () => () => sending.partition,
    });
    const connected = producer.connect();
    try {
      await within(sending.timeoutMs, `partition ${sending.partition}: connecting a producer`, connected);
      return new PartitionProducer(producer, sending);
    } catch (error) {
      disconnectAfter(connected, producer);
      throw error;
    }
  }

  get spent(): boolean {
    return this.#spent;
  }

  /**
   * Appends the values as one record batch, all or none of them, and resolves with the first one's offset when the replicas
   * have them. Throws RangeError when they are too large for one batch, and then nothing was sent; after any other rejection
   * they may or may not be there, and this producer is spent.
   */
  async send(values: readonly Buffer[]): Promise<Offset> {
    const { topic, partition, timeoutMs, replicationTimeoutMs, maxBatchBytes } = this.sending;
    const bytes = batchBytes(values);
    if (bytes > maxBatchBytes)
      throw new RangeError(`partition ${partition}: a batch of ${bytes} bytes is above the topic's ${maxBatchBytes}`);
    const messages = values.map((value) => ({ partition, value }));
    const sent = this.producer.send({ topic, acks: -1, timeout: replicationTimeoutMs, messages });
    try {
      const [answer] = await within(timeoutMs, `partition ${partition}: sending`, sent);
      if (answer?.baseOffset === undefined) throw new Error(`partition ${partition}: the broker told no offset`);
      return BigInt(answer.baseOffset);
    } catch (error) {
      this.#spent = true;
      disconnectAfter(sent, this.producer);
      throw error;
    }
  }

  /** Waits for the send that is open. */
  async close(): Promise<void> {
    this.#spent = true;
    await this.producer.disconnect();
  }
}

/** Retries that are still going on would connect a producer again that was disconnected before. */
function disconnectAfter(work: Promise<unknown>, producer: Producer): void {
  const disconnect = () => producer.disconnect().catch(() => undefined);
  void work.then(disconnect, disconnect);
}
