import { Redis } from 'ioredis';
import type { CloudEvent } from '../cloud-event.js';
import {
  type BuriedEvent,
  burialNotice,
  type EventSink,
  encodedUpTo,
  type PublishOutcome,
  SinkUnavailable,
} from '../event-sink.js';

export interface RedisEventSinkOptions {
  /** `redis://[user:password@]host[:port][/database]`, `rediss://` for TLS. */
  readonly url: string;
  /** Key of the stream; dead letters are told of in `<stream>:dead`. */
  readonly stream: string;
  /** Longest JSON of an event. */
  readonly eventBytesMax: number;
  /** About so many events stay in the stream; all of them unless given. */
  readonly eventsKept?: number;
  /** After this a server without an answer counts as unavailable; 3000 unless given. */
  readonly commandTimeoutMs?: number;
}

/**
 * Events as entries of one Redis stream, with the fields `id`, `executionid` and `event` (the CloudEvent's JSON). Those of one
 * call are added in one transaction.
 */
export class RedisEventSink implements EventSink {
  #redis: Promise<Redis> | null = null;

  constructor(private readonly options: RedisEventSinkOptions) {}

  async publish(events: readonly CloudEvent[]): Promise<PublishOutcome> {
    const { encoded, refused } = encodedUpTo(events, this.options.eventBytesMax);
    if (encoded.length > 0) await this.#add(this.options.stream, encoded);
    return { delivered: encoded.length, refused };
  }

  async bury(buried: BuriedEvent): Promise<void> {
    const event = burialNotice(buried);
    await this.#add(`${this.options.stream}:dead`, [{ event, json: JSON.stringify(event) }]);
  }

  async close(): Promise<void> {
    await this.#drop();
  }

  async #add(stream: string, encoded: readonly { readonly event: CloudEvent; readonly json: string }[]): Promise<void> {
    const { eventsKept } = this.options;
    const bound = eventsKept === undefined ? [] : ['MAXLEN', '~', eventsKept];
    try {
      const redis = await this.#connected();
      const transaction = redis.multi();
      for (const { event, json } of encoded)
        transaction.call(
          'XADD',
          stream,
          ...bound,
          '*',
          'id',
          event.id,
          'executionid',
          event.executionid,
          'event',
          json,
        );
      const answers = (await transaction.exec()) ?? [];
      const failed = answers.find(([error]) => error !== null)?.[0];
      if (failed != null) throw failed;
      if (answers.length !== encoded.length) throw new Error('the transaction was not carried out');
    } catch (error) {
      await this.#drop();
      throw new SinkUnavailable((error as Error).message, error);
    }
  }

  /** Nothing is sent again by the client itself, and nothing waits for a connection. */
  #connected(): Promise<Redis> {
    this.#redis ??= connect(this.options);
    return this.#redis;
  }

  /** What a connection still had to say after a failure is not waited for. */
  async #drop(): Promise<void> {
    const redis = await this.#redis?.catch(() => null);
    this.#redis = null;
    if (redis != null && redis.status !== 'end' && redis.status !== 'close') redis.disconnect();
  }
}

async function connect({ url, commandTimeoutMs = 3_000 }: RedisEventSinkOptions): Promise<Redis> {
  const redis = new Redis(url, {
    lazyConnect: true,
    retryStrategy: null,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    disableClientInfo: true,
    commandTimeout: commandTimeoutMs,
    connectTimeout: commandTimeoutMs,
  });
  let trouble: Error | null = null;
  redis.on('error', (error: Error) => {
    trouble = error;
  });
  try {
    await redis.connect();
    return redis;
  } catch (error) {
    redis.disconnect();
    throw trouble ?? error;
  }
}
