import type { LogWriter } from '@intendant/partition';
import { type Entry, type LogRecord, partitionOf } from '@intendant/wal';
import type { FastifyReply } from 'fastify';
import type { Holders } from '../link/holders.js';
import type { Drain } from '../platform/drain.js';
import { EventStreamClient } from './event-stream-client.js';

export interface EventStreamPorts {
  readonly log: LogWriter;
  readonly drain: Drain;
  readonly holders: Pick<Holders, 'onGone'>;
}

export interface EventStreamTimes {
  readonly heartbeatMs: number;
  /** A client that takes nothing for this long is cut off; it can resume by `Last-Event-ID`. */
  readonly unreadMsMax: number;
}

const TIMES: EventStreamTimes = { heartbeatMs: 15_000, unreadMsMax: 10_000 };
/** Entries kept for a client that is still reading earlier ones; beyond them the log is read again. */
const WAITING_ENTRIES_MAX = 16;
/** Told to clients: wait this long before reconnecting. */
const RETRY_MS = 1_000;

const SETTLING = new Set([
  'execution.completed',
  'execution.failed',
  'execution.cancelled',
  'execution.compensated',
  'execution.stuck',
]);

/**
 * Server-sent events of one execution: what is in the log after `afterSeq`, then every record as it becomes durable,
 * with `id:` = seq, until the execution settles, the client goes, or what is appended is no longer known here.
 */
export async function streamEvents(
  { log, drain, holders }: EventStreamPorts,
  executionId: string,
  afterSeq: number,
  reply: FastifyReply,
  times: EventStreamTimes = TIMES,
): Promise<void> {
  reply.hijack();
  reply.raw.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  const client = new EventStreamClient(reply.raw, times.unreadMsMax);
  const news = new News(log, executionId);
  const heartbeat = setInterval(() => client.heartbeat(), times.heartbeatMs);
  // The client reconnects, to whoever serves then, and resumes by `Last-Event-ID`.
  const leave = (): void => {
    client.end();
    news.wake();
  };
  const forgets = [drain.onBegin(leave), holders.onGone(partitionOf(executionId, log.partitionCount), leave)];
  // it may have gone while the request was looked at
  if (!log.holds(executionId)) leave();
  reply.raw.once('close', () => news.wake());
  try {
    await client.write(`retry: ${RETRY_MS}\n\n`);
    await sendUntilSettled(log, executionId, afterSeq, client, news);
    client.end();
  } catch (error) {
    client.cut();
    throw error;
  } finally {
    clearInterval(heartbeat);
    for (const forget of forgets) forget();
    news.stop();
  }
}

async function sendUntilSettled(
  log: LogWriter,
  executionId: string,
  afterSeq: number,
  client: EventStreamClient,
  news: News,
): Promise<void> {
  let readSeq = 0;
  let settled = false;
  const send = async (record: LogRecord): Promise<void> => {
    if (record.seq <= readSeq) return;
    readSeq = record.seq;
    if (SETTLING.has(record.type)) settled = true;
    // a person took up what was stuck
    if (record.type === 'execution.resumed') settled = false;
    if (record.seq <= afterSeq) return;
    await client.write(`id: ${record.seq}\nevent: ${record.type}\ndata: ${JSON.stringify(record)}\n\n`);
  };
  while (!client.isGone) {
    const entries = news.missed() ? await log.wal.readStream(executionId) : news.take();
    for (const entry of entries) for (const record of entry.records) if (!client.isGone) await send(record);
    if (!news.isEmpty) continue;
    if (settled || client.isGone) return;
    await news.come();
  }
}

/** Entries of one execution that were appended since they were last asked for. */
class News {
  #waiting: Entry[] = [];
  /** What was appended before is in the log only. */
  #missed = true;
  #wake: () => void = () => undefined;
  readonly stop: () => void;

  constructor(log: LogWriter, executionId: string) {
    this.stop = log.onEntry((entry) => {
      if (entry.streamId !== executionId) return;
      this.#missed ||= this.#waiting.length === WAITING_ENTRIES_MAX;
      if (this.#missed) this.#waiting = [];
      else this.#waiting.push(entry);
      this.wake();
    });
  }

  get isEmpty(): boolean {
    return !this.#missed && this.#waiting.length === 0;
  }

  /** Whether the log has to be read; asked before it is. */
  missed(): boolean {
    const missed = this.#missed;
    this.#missed = false;
    return missed;
  }

  take(): readonly Entry[] {
    return this.#waiting.splice(0);
  }

  /** Resolves with the next entry or the next call of `wake`. */
  come(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  wake(): void {
    this.#wake();
  }
}
