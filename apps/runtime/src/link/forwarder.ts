import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { type Agent, request as httpsRequest } from 'node:https';
import { FailureError, failure, type Replica } from '@intendant/intent-model';
import type { FastifyReply } from 'fastify';
import type { Holders } from './holders.js';

/** Fields that speak of one connection (RFC 9110, 7.6.1). */
const CONNECTION_FIELDS = ['connection', 'keep-alive', 'proxy-connection', 'te', 'transfer-encoding', 'upgrade'];

/** Nothing of the request has reached the other end. */
class NotReached extends Error {}

/**
 * Hands a request to the replica that holds its partition, and its answer back. A replica that cannot be reached has not
 * seen the request: it waits for the next holder. Once a byte was sent, a lost connection is the client's to judge.
 */
export class Forwarder {
  constructor(
    private readonly agent: Agent,
    private readonly holders: Holders,
  ) {}

  /** Resolves with true when the request was answered by another replica, false when it is to be served here. */
  async forward(partition: number, raw: IncomingMessage, reply: FastifyReply, body?: Buffer): Promise<boolean> {
    const sinceMs = Date.now();
    let unreachable: Replica | undefined;
    for (;;) {
      const holder = await this.holders.holderOf(partition, unreachable, sinceMs);
      if (holder === 'self') return false;
      try {
        await this.#exchange(holder, raw, reply, body);
        return true;
      } catch (error) {
        if (!(error instanceof NotReached)) throw error;
        unreachable = holder;
      }
    }
  }

  #exchange(holder: Replica, raw: IncomingMessage, reply: FastifyReply, body?: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      let sent = false;
      const outgoing = httpsRequest(new URL(raw.url ?? '/', holder.linkUrl), {
        method: raw.method,
        agent: this.agent,
        headers: withoutConnection(raw.headers),
      });
      outgoing.once('error', (error) => {
        if (!sent) reject(new NotReached(error.message));
        else if (reply.sent) reply.raw.destroy();
        else
          reject(
            new FailureError(
              failure('outcome_unknown', 'the replica that was asked did not answer; ask again with the same key'),
            ),
          );
      });
      outgoing.once('socket', (socket) => {
        const send = (): void => {
          sent = true;
          if (body === undefined) raw.pipe(outgoing);
          else outgoing.end(body);
        };
        if (socket.connecting) socket.once('secureConnect', send);
        else send();
      });
      outgoing.once('response', (response) => {
        reply.hijack();
        answer(response, reply.raw);
        resolve();
      });
      reply.raw.once('close', () => outgoing.destroy());
    });
  }
}

function answer(response: IncomingMessage, raw: ServerResponse): void {
  raw.writeHead(response.statusCode ?? 502, withoutConnection(response.headers));
  response.pipe(raw);
  response.once('error', () => raw.destroy());
}

const withoutConnection = (headers: IncomingHttpHeaders): IncomingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !CONNECTION_FIELDS.includes(name)));
