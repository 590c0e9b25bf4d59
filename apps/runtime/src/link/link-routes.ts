import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { FailureError, failure } from '@intendant/intent-model';
import { parseStrictJson } from '@intendant/kernel';
import { peerIdentity } from '@intendant/nest-kit';
import type { LogWriter } from '@intendant/partition';
import type { StreamHead } from '@intendant/wal';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { readAllHeaders } from '../http/framework-problems.js';
import { AppendMessage, appendedMessage, LateMessage, notAppendedMessage } from './link-messages.js';

const MESSAGE_BYTES_MAX = 4 * 1024 * 1024;

export interface LinkPorts {
  readonly log: LogWriter;
  /** Records an outcome that came after its call was given up, or where nobody waits for it. */
  readonly recordLate: (message: LateMessage) => Promise<void>;
  /** Serves a request that another replica forwarded, as if its client had come here. */
  readonly serve: (request: IncomingMessage, response: ServerResponse) => void;
}

/** Connections that carry requests of clients. A replica speaks for itself on others: `linkAgent` is made for each of the two. */
const carriers = new WeakSet<object>();

/** What other replicas may ask of this one. Only a certificate of the Runtime opens these paths. */
export function addLinkRoutes(server: FastifyInstance, ports: LinkPorts): void {
  // a client's request has here what it had where it came in
  readAllHeaders(server.server);
  server.post('/link/append', async (request) => {
    const { streamId, attribution, drafts, firstSeq } = await messageOf(request, AppendMessage);
    if (!ports.log.holds(streamId)) return notAppendedMessage;
    const place = (head: StreamHead) => {
      // somebody else was faster: whoever asked reads the stream again
      if (firstSeq !== null && head.nextSeq !== firstSeq) throw new DoesNotFit();
      return drafts;
    };
    try {
      return appendedMessage(await ports.log.append(streamId, attribution, place));
    } catch (error) {
      if (error instanceof DoesNotFit) return notAppendedMessage;
      throw error;
    }
  });

  server.post('/link/late', async (request) => {
    await ports.recordLate(await messageOf(request, LateMessage));
    return {};
  });

  server.all('/v1/*', (request, reply) => {
    assertReplica(request);
    carriers.add(request.raw.socket);
    reply.hijack();
    ports.serve(request.raw, reply.raw);
  });
}

class DoesNotFit extends Error {}

function assertReplica(request: FastifyRequest): void {
  if (peerIdentity(request.raw.socket as TLSSocket)?.service !== 'runtime')
    throw new FailureError(failure('unauthenticated', 'only a replica of the Runtime may ask this'));
}

/** A client's bytes that were ever taken for a request would come with the certificate of a replica. */
function assertOwnWord(request: FastifyRequest): void {
  assertReplica(request);
  if (!carriers.has(request.raw.socket)) return;
  request.raw.socket.destroy();
  throw new FailureError(failure('unauthenticated', 'this connection carries requests of clients'));
}

async function messageOf<T>(request: FastifyRequest, schema: z.ZodType<T>): Promise<T> {
  assertOwnWord(request);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.raw) {
    bytes += (chunk as Buffer).length;
    if (bytes > MESSAGE_BYTES_MAX) throw new FailureError(failure('body_too_large', 'the message is too large'));
    chunks.push(chunk as Buffer);
  }
  const parsed = parseStrictJson(Buffer.concat(chunks));
  const message = parsed.ok ? schema.safeParse(parsed.value) : null;
  if (message?.success === true) return message.data;
  const issue = message?.error?.issues[0];
  throw new FailureError(
    failure('invalid_request', issue?.message ?? 'malformed', {
      field: `/${(issue?.path ?? []).map(String).join('/')}`,
    }),
  );
}
