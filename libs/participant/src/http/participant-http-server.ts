import { createServer as createPlainServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import {
  CallCancel,
  CallProbe,
  FailureError,
  failure,
  ParticipantCall,
  ParticipantPath,
  problemOf,
  ReplayCall,
  type RequestKey,
} from '@intendant/intent-model';
import {
  NonceMemory,
  peerIdentity,
  type RequestKeys,
  serverTlsOptions,
  signResponse,
  type TlsFiles,
  verifyRequest,
} from '@intendant/nest-kit';
import type { z } from 'zod';
import type { ParticipantEndpoint } from '../participant-endpoint.js';

/** Bytes of one message: a call carries a payload, its references and a whole journal. */
const MESSAGE_BYTES_MAX = 64 * 1024 * 1024;

/** A sender that takes longer for its request is cut off. */
const REQUEST_MS_MAX = 30_000;

const JSON_TYPE = 'application/json';

export interface ParticipantHttpServerOptions {
  readonly endpoint: ParticipantEndpoint;
  readonly host: string;
  readonly port: number;
  /** Null for plain HTTP, which the registry takes in a lab, on the loopback interface. */
  readonly tls: TlsFiles | null;
  /** The keys that sign the Runtime's requests; told by the registration. */
  readonly keys: RequestKeys;
  readonly nowMs?: () => number;
}

export interface ParticipantHttpServer {
  readonly port: number;
  close(): Promise<void>;
}

/** The participant protocol over HTTP with signed requests and answers: a participant without Nest. */
export async function startParticipantHttpServer(
  options: ParticipantHttpServerOptions,
): Promise<ParticipantHttpServer> {
  const door = new SignedDoor(options);
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    // whoever breaks off in the middle of a request gets no answer
    door.take(request, response).catch(() => response.destroy());
  };
  const server: Server =
    options.tls === null
      ? createPlainServer(listener)
      : (createTlsServer(serverTlsOptions(options.tls), listener) as unknown as Server);
  server.requestTimeout = REQUEST_MS_MAX;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

class SignedDoor {
  readonly #nonces = new NonceMemory();
  readonly #nowMs: () => number;

  constructor(private readonly options: ParticipantHttpServerOptions) {
    this.#nowMs = options.nowMs ?? Date.now;
  }

  async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      this.#requireRuntime(request);
      const bytes = await this.#bodyOf(request);
      const key = this.#callerOf(request, bytes);
      const answer = await this.#answer(request.url ?? '', bytes);
      const body = Buffer.from(JSON.stringify(answer));
      const requestSignature = String(request.headers.signature);
      const signed = signResponse({ status: 200, contentType: JSON_TYPE, body, requestSignature }, key, this.#nowMs());
      response.writeHead(200, { ...signed, 'content-length': body.byteLength }).end(body);
    } catch (error) {
      if (!(error instanceof FailureError)) throw error;
      const problem = problemOf(error.failure);
      // what is left of the request is not read
      response
        .writeHead(problem.status, { 'content-type': 'application/problem+json', connection: 'close' })
        .end(JSON.stringify(problem));
    }
  }

  async #bodyOf(request: IncomingMessage): Promise<Buffer> {
    if (request.method !== 'POST') throw new FailureError(failure('not_found', 'the protocol is POST'));
    if (request.headers['content-type'] !== JSON_TYPE)
      throw new FailureError(failure('unsupported_media_type', `the message must be ${JSON_TYPE}`));
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.byteLength;
      if (size > MESSAGE_BYTES_MAX) throw new FailureError(failure('body_too_large', 'the message is too large'));
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  /** By its certificate, before anything of it is read. Without TLS its signature alone has to do. */
  #requireRuntime(request: IncomingMessage): void {
    if (this.options.tls !== null && peerIdentity(request.socket as TLSSocket)?.service !== 'runtime')
      throw new FailureError(failure('action_not_permitted', 'only the Runtime may call'));
  }

  /** The key that the caller signed with. */
  #callerOf(request: IncomingMessage, body: Buffer): RequestKey {
    const { method = '', url: path = '' } = request;
    const fields = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(', ') : (value ?? ''),
      ]),
    );
    const message = { method, path, authority: fields.host ?? '', fields };
    const verified = verifyRequest(message, body, { ...this.options, nonces: this.#nonces, nowMs: this.#nowMs() });
    if ('key' in verified) return verified.key;
    throw new FailureError(failure('unauthenticated', `the request is not accepted: ${verified.refusal}`));
  }

  async #answer(path: string, bytes: Buffer): Promise<unknown> {
    const { endpoint } = this.options;
    if (path.endsWith(ParticipantPath.call)) return endpoint.call(messageOf(ParticipantCall, bytes));
    if (path.endsWith(ParticipantPath.probe)) return endpoint.probe(messageOf(CallProbe, bytes).idempotencyKey);
    if (path.endsWith(ParticipantPath.replay)) return endpoint.replay(messageOf(ReplayCall, bytes));
    if (!path.endsWith(ParticipantPath.cancel)) throw new FailureError(failure('not_found', 'no such path'));
    endpoint.cancel(messageOf(CallCancel, bytes));
    return {};
  }
}

function messageOf<T extends z.ZodType>(schema: T, bytes: Buffer): z.infer<T> {
  const parsed = schema.safeParse(jsonOf(bytes));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new FailureError(failure('invalid_request', `/${issue?.path.join('/')}: ${issue?.message}`));
}

/** What is signed by the Runtime was judged there; it may be nested deeper than what comes from outside. */
function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new FailureError(failure('malformed_json', 'the message is not JSON'));
  }
}
