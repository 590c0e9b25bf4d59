import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { type Agent, request as httpsRequest } from 'node:https';
import type { Replica } from '@intendant/intent-model';
import type { Clock, Scheduler } from '@intendant/kernel';
import type { FastifyReply } from 'fastify';
import { Patience } from './patience.js';

/** Between replicas (RFC 9110, 15.5.20): the one that was asked does not hold the partition, and did nothing. */
export const MISDIRECTED = 421;

/** Fields that speak of one connection (RFC 9110, 7.6.1). */
const CONNECTION_FIELDS = [
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];
/** Fields of a request that were for this replica; they are said anew, or are done with. */
const FIELDS_FOR_HERE = ['content-length', 'expect', 'host'];
const LOOK_AGAIN_MS = 250;

export interface Asked {
  readonly raw: IncomingMessage;
  readonly reply: FastifyReply;
  /** What was read of the request already; without it, its body is passed on as it comes. */
  readonly body: Buffer | undefined;
  readonly answerMsMax: number;
}

export interface ExchangePorts {
  readonly agent: Agent;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Whether somebody else holds the partition by now. */
  readonly hasMoved: () => boolean;
}

/** `not reached`: nothing of the request was sent. `misdirected`: it was not served there. Otherwise it may have been done: the connection broke, or was given up. */
export class Unanswered extends Error {
  constructor(readonly ended: 'not reached' | 'misdirected' | 'broken' | 'given up') {
    super(`the replica that was asked did not answer: ${ended}`);
  }
}

/** Passes a request on to a replica. Resolves when its answer has begun; rejects with {@link Unanswered}. */
export function exchange(asked: Asked, holder: Replica, ports: ExchangePorts): Promise<void> {
  const { raw, reply, body, answerMsMax } = asked;
  const { agent, clock, scheduler, hasMoved } = ports;
  return new Promise((resolve, reject) => {
    const patience = new Patience(answerMsMax, clock.nowMs());
    // whatever the client wrote as its target, the connection goes to the holder
    const outgoing = httpsRequest(holder.linkUrl, {
      path: raw.url,
      method: raw.method,
      agent,
      headers: headersFor(asked),
    });
    let cutOff = (): void => undefined;
    const gone = (): void => {
      cancelLook();
      outgoing.destroy();
    };
    reply.raw.once('close', gone);
    const unanswered = (ended: 'misdirected' | 'broken' | 'given up'): void => {
      cancelLook();
      // the next exchange for the same answer listens for itself
      reply.raw.off('close', gone);
      reject(new Unanswered(patience.stage === 'connecting' ? 'not reached' : ended));
      cutOff();
    };
    /** What throws where nobody could catch it would end the process. */
    const guarded = (step: () => void): void => {
      try {
        step();
      } catch (error) {
        reply.raw.off('close', gone);
        reject(error);
        gone();
      }
    };
    const look = (): void => {
      cancelLook = scheduler.after(LOOK_AGAIN_MS, look);
      if (!patience.isOver(clock.nowMs(), hasMoved())) return;
      // without a connection there is nothing yet that could break
      unanswered('given up');
      outgoing.destroy();
    };
    let cancelLook = scheduler.after(LOOK_AGAIN_MS, look);
    outgoing.on('error', () => unanswered('broken'));
    outgoing.once('close', () => cancelLook());
    outgoing.once('socket', (socket) => {
      const send = (): void => {
        if (outgoing.destroyed) return;
        patience.progress('sent', clock.nowMs());
        if (body === undefined && hasBody(raw)) raw.pipe(outgoing);
        else outgoing.end(body);
      };
      if (socket.connecting) socket.once('secureConnect', () => guarded(send));
      else guarded(send);
    });
    outgoing.once('response', (response) => {
      if (response.statusCode === MISDIRECTED) {
        response.resume();
        return unanswered('misdirected');
      }
      patience.progress('answering', clock.nowMs());
      response.on('data', () => patience.progress('answering', clock.nowMs()));
      guarded(() => {
        cutOff = answer(response, reply.raw);
        reply.hijack();
        resolve();
      });
    });
  });
}

/** Passes an answer on; what it returns ends that early. */
function answer(response: IncomingMessage, raw: ServerResponse): () => void {
  const isStream = response.headers['content-type']?.startsWith('text/event-stream') === true;
  // whoever follows events resumes after the last one; anything else that is cut off must not look whole
  const cutOff = (): void => void (isStream ? raw.end() : raw.destroy());
  raw.writeHead(response.statusCode ?? 502, withoutConnection(response.headers));
  response.pipe(raw);
  response.once('error', cutOff);
  return cutOff;
}

/** Whether bytes come behind the head of a request, whatever its method. */
export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0;

/**
 * What the holder is told. Where the body ends is always said: of a method that has none Node would write its bytes raw, and
 * the holder would take them for the next request, with the certificate of this replica.
 */
function headersFor({ raw, body }: Asked): OutgoingHttpHeaders {
  const kept = Object.entries(withoutConnection(raw.headers)).filter(([name]) => !FIELDS_FOR_HERE.includes(name));
  return { ...Object.fromEntries(kept), ...framingOf(raw, body) };
}

function framingOf(raw: IncomingMessage, body: Buffer | undefined): OutgoingHttpHeaders {
  if (body !== undefined) return { 'content-length': body.length };
  if (!hasBody(raw)) return {};
  const length = raw.headers['content-length'];
  return length === undefined ? { 'transfer-encoding': 'chunked' } : { 'content-length': length };
}

function withoutConnection(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const named = (headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase());
  const dropped = new Set([...CONNECTION_FIELDS, ...named]);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !dropped.has(name)));
}
