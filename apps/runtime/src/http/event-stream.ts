import { once } from 'node:events';
import type { LogWriter } from '@intendant/partition';
import type { Entry, LogRecord } from '@intendant/wal';
import type { FastifyReply } from 'fastify';
import type { Drain } from '../platform/drain.js';
import type { AuthenticatedRequest } from './request-context.js';

const HEARTBEAT_MS = 15_000;
/** A client that leaves this many bytes unread is cut off; it can resume by `Last-Event-ID`. */
const UNREAD_BYTES_MAX = 1024 * 1024;
/** How long a client may take to read that much of what is in the log already. */
const UNREAD_MS_MAX = 10_000;
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
 * with `id:` = seq, until the execution settles or the client goes.
 */
export async function streamEvents(
  log: LogWriter,
  drain: Drain,
  executionId: string,
  afterSeq: number,
  request: AuthenticatedRequest,
  reply: FastifyReply,
  heartbeatMs: number = HEARTBEAT_MS,
): Promise<void> {
  reply.hijack();
  const socket = reply.raw;
  socket.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  socket.write(`retry: ${RETRY_MS}\n\n`);
  let sentSeq = afterSeq;
  let ended = false;
  const waiting: Entry[] = [];
  let caughtUp = false;
  let settled = false;
  const end = (): void => {
    if (ended) return;
    ended = true;
    clearInterval(heartbeat);
    forget();
    stop();
    socket.end();
  };
  const send = (records: readonly LogRecord[]): void => {
    for (const record of records) {
      if (SETTLING.has(record.type)) settled = true;
      // a person took up what was stuck
      if (record.type === 'execution.resumed') settled = false;
      if (ended || record.seq <= sentSeq) continue;
      sentSeq = record.seq;
      // one record may be larger than all that may be unread
      const isBehind = socket.writableLength > UNREAD_BYTES_MAX;
      if (isBehind) cut();
      else socket.write(`id: ${record.seq}\nevent: ${record.type}\ndata: ${JSON.stringify(record)}\n\n`);
    }
    if (settled && caughtUp) end();
  };
  const cut = (): void => {
    end();
    socket.destroy();
  };
  /** What is in the log is sent as fast as it is read. */
  const read = async (): Promise<void> => {
    if (ended || socket.writableLength <= UNREAD_BYTES_MAX) return;
    const patience = setTimeout(cut, UNREAD_MS_MAX);
    await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
    clearTimeout(patience);
  };
  const stop = log.onEntry((entry) => {
    if (entry.streamId !== executionId) return;
    if (caughtUp) send(entry.records);
    else waiting.push(entry);
  });
  const heartbeat = setInterval(() => socket.write(': heartbeat\n\n'), heartbeatMs);
  request.raw.once('close', end);
  // The client reconnects, to whoever serves then, and resumes by `Last-Event-ID`.
  const forget = drain.onBegin(end);
  for (const entry of await log.wal.readStream(executionId)) {
    send(entry.records);
    await read();
  }
  caughtUp = true;
  for (const entry of waiting) send(entry.records);
  if (settled) end();
}
