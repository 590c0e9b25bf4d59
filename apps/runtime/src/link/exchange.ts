import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { type Agent, request as httpsRequest } from 'node:https';
import type { Replica } from '@intendant/intent-model';
import type { Clock, Scheduler } from '@intendant/kernel';
import type { FastifyReply } from 'fastify';
import { Patience } from './patience.js';

/** Between replicas (RFC 9110, 15.5.20): the one that was asked does not hold the partition, and did nothing. */
export const MISDIRECTED = 421;

/** Fields that speak of one connection (RFC 9110, 7.6.1). */
const CONNECTION_FIELDS = ['connection', 'keep-alive', 'proxy-connection', 'te', 'transfer-encoding', 'upgrade'];
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
    const outgoing = httpsRequest(new URL(raw.url ?? '/', holder.linkUrl), {
      method: raw.method,
      agent,
      headers: withoutConnection(raw.headers),
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
        if (body === undefined) raw.pipe(outgoing);
        else outgoing.end(body);
      };
      if (socket.connecting) socket.once('secureConnect', send);
      else send();
    });
    outgoing.once('response', (response) => {
      if (response.statusCode === MISDIRECTED) {
        response.resume();
        return unanswered('misdirected');
      }
      patience.progress('answering', clock.nowMs());
      response.on('data', () => patience.progress('answering', clock.nowMs()));
      reply.hijack();
      cutOff = answer(response, reply.raw);
      resolve();
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

const withoutConnection = (headers: IncomingHttpHeaders): IncomingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !CONNECTION_FIELDS.includes(name)));
