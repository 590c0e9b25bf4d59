import { LogClosed, LogCorrupt, Trimmed } from '@intendant/wal';
import type { Kafka } from 'kafkajs';
import { within } from './deadline.js';
import { type FetchedRecord, LogConnection } from './log-connection.js';
import type { Offset } from './offsets.js';
import { partitionOutOfRange, whyGone } from './place-gone.js';

const RETRY_AFTER_MS = 100;
const EMPTY_FETCH_WAIT_MS = 500;

/** Guessed bytes of a frame, for asking for about as much as is wanted. */
const FRAME_BYTES = 1_024;
const LEAST_FETCH_BYTES = 64 * 1_024;
const MOST_FETCH_BYTES = 4 * 1_024 * 1_024;

/** Bounded reads over one warm connection, which is replaced after any failure; retried until `timeoutMs` have passed. */
export class LogReader {
  #connection: Promise<LogConnection> | undefined;
  #closed = false;

  constructor(
    private readonly kafka: Kafka,
    private readonly topic: string,
    private readonly timeoutMs: number,
  ) {}

  /** Offset behind the last record that readers may see. */
  end(partition: number): Promise<Offset> {
    return this.#retried('asking for the end', (connection) => connection.endOffset(partition));
  }

  /** Node id of the broker that leads the partition, as it was known when the connection was made. */
  leaderOf(partition: number): Promise<number> {
    return this.#retried('asking for the leader', async (connection) => connection.leaderOf(partition));
  }

  /** Up to `limit` records from this offset on, none when the log ends there. Throws `Trimmed` or `LogCorrupt`. */
  read(partition: number, from: Offset, limit: number, timeoutMs = this.timeoutMs): Promise<readonly FetchedRecord[]> {
    const reading = async (connection: LogConnection) => {
      const end = await connection.endOffset(partition);
      if (from > end) throw await whyGone(connection, partition, from);
      const records: FetchedRecord[] = [];
      let next = from;
      while (records.length < limit && next < end) {
        const more = await this.#fetch(connection, partition, next, limit - records.length);
        for (const record of more) records.push(record);
        next = (records.at(-1)?.offset ?? next - 1n) + 1n;
      }
      return records.slice(0, limit);
    };
    return this.#retried('reading', reading, timeoutMs);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#drop(this.#connection);
  }

  async #fetch(connection: LogConnection, partition: number, from: Offset, count: number) {
    const maxBytes = Math.min(Math.max(count * FRAME_BYTES, LEAST_FETCH_BYTES), MOST_FETCH_BYTES);
    const maxWaitMs = EMPTY_FETCH_WAIT_MS;
    try {
      const [found] = await connection.fetch(connection.leaderOf(partition), [{ partition, from }], {
        maxBytes,
        maxWaitMs,
      });
      return found?.records ?? [];
    } catch (error) {
      throw partitionOutOfRange(error) === null ? error : await whyGone(connection, partition, from);
    }
  }

  async #retried<T>(
    what: string,
    work: (connection: LogConnection) => Promise<T>,
    timeoutMs = this.timeoutMs,
  ): Promise<T> {
    const until = performance.now() + timeoutMs;
    for (;;) {
      if (this.#closed) throw new LogClosed('closed');
      this.#connection ??= LogConnection.open(this.kafka, this.topic);
      const opened = this.#connection;
      try {
        const remainingMs = Math.max(1, until - performance.now());
        return await within(
          remainingMs,
          what,
          opened.then((connection) => work(connection)),
        );
      } catch (error) {
        const final = error instanceof Trimmed || error instanceof LogCorrupt || error instanceof RangeError;
        if (final) throw error;
        this.#drop(opened);
        if (this.#closed || performance.now() >= until) throw error;
        await new Promise((resolve) => void setTimeout(resolve, RETRY_AFTER_MS));
      }
    }
  }

  #drop(opened: Promise<LogConnection> | undefined): void {
    if (this.#connection === opened) this.#connection = undefined;
    opened?.then((connection) => connection.discard()).catch(() => undefined);
  }
}
