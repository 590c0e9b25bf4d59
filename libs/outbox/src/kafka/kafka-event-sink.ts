import kafkajs, { type Kafka, type Producer } from 'kafkajs';
import type { CloudEvent } from '../cloud-event.js';
import {
  type BuriedEvent,
  burialNotice,
  CLOUD_EVENTS_JSON,
  type EventSink,
  encodedUpTo,
  type PublishOutcome,
  SinkUnavailable,
} from '../event-sink.js';
import { ensureTopics } from './ensure-topics.js';
import { refusalOf } from './refusal.js';

export interface KafkaEventSinkOptions {
  /** `host:port` of some brokers; the others are learnt from them. */
  readonly brokers: readonly string[];
  /** Made with the brokers' defaults when it is missing, like `<topic>.dead`, where dead letters are told of. */
  readonly topic: string;
  /** Longest JSON of an event; the brokers' own bound holds as well. */
  readonly eventBytesMax: number;
  readonly clientId?: string;
  readonly tls?: boolean;
  readonly password?: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
    readonly username: string;
    readonly password: string;
  };
  /** How long brokers may take for one request; 4000 unless given. */
  readonly requestTimeoutMs?: number;
}

/** Few and quick: whoever publishes tries again itself. */
const RETRIES = { retries: 3, initialRetryTime: 100, multiplier: 2, maxRetryTime: 1_000 } as const;

interface Encoded {
  readonly event: CloudEvent;
  readonly json: string;
}

/** Events as records of one topic, keyed by execution and acknowledged by all replicas in sync. */
export class KafkaEventSink implements EventSink {
  readonly #kafka: Kafka;
  #producer: Promise<Producer> | null = null;

  constructor(private readonly options: KafkaEventSinkOptions) {
    const { brokers, clientId = 'intendant-outbox', tls = false, password, requestTimeoutMs = 4_000 } = options;
    this.#kafka = new kafkajs.Kafka({
      brokers: [...brokers],
      clientId,
      ssl: tls,
      ...(password === undefined ? {} : { sasl: { ...password } as kafkajs.SASLOptions }),
      requestTimeout: requestTimeoutMs,
      connectionTimeout: 3_000,
      retry: RETRIES,
      logCreator: () => () => undefined,
    });
  }

  async publish(events: readonly CloudEvent[]): Promise<PublishOutcome> {
    const { encoded, refused } = encodedUpTo(events, this.options.eventBytesMax);
    if (encoded.length === 0) return { delivered: 0, refused };
    const together = await this.#send(this.options.topic, encoded);
    if (together === null) return { delivered: encoded.length, refused };
    // which of them it was, or whether they were too many at once, shows one by one
    for (const [index, one] of encoded.entries()) {
      const reason = await this.#send(this.options.topic, [one]);
      if (reason !== null) return { delivered: index, refused: reason };
    }
    return { delivered: encoded.length, refused };
  }

  async bury(buried: BuriedEvent): Promise<void> {
    const event = burialNotice(buried);
    const reason = await this.#send(`${this.options.topic}.dead`, [{ event, json: JSON.stringify(event) }]);
    if (reason !== null) throw new SinkUnavailable(`dead letters are refused: ${reason}`);
  }

  async close(): Promise<void> {
    await this.#drop();
  }

  /** Resolves with null when the brokers have everything, else with why they refuse it for good. */
  async #send(topic: string, encoded: readonly Encoded[]): Promise<string | null> {
    try {
      const producer = await this.#connected();
      const messages = encoded.map(({ event, json }) => ({
        key: event.partitionkey,
        value: json,
        headers: { 'content-type': CLOUD_EVENTS_JSON },
      }));
      await producer.send({ topic, acks: -1, messages });
      return null;
    } catch (error) {
      await this.#drop();
      const refusal = refusalOf(error);
      if (refusal !== null) return refusal;
      throw new SinkUnavailable((error as Error).message, error);
    }
  }

  #connected(): Promise<Producer> {
    this.#producer ??= this.#connect();
    return this.#producer;
  }

  async #connect(): Promise<Producer> {
    const { topic } = this.options;
    await ensureTopics(this.#kafka, [topic, `${topic}.dead`]);
    const producer = this.#kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      retry: RETRIES,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    return producer;
  }

  /**
   * kafkajs takes the sequence number of a failed send back, although its batch may be written; the broker then drops the next
   * batch as a repetition and acknowledges it. So after any failure the producer is spent.
   */
  async #drop(): Promise<void> {
    const producer = await this.#producer?.catch(() => null);
    this.#producer = null;
    await producer?.disconnect().catch(() => undefined);
  }
}
