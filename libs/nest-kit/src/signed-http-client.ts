import { randomBytes } from 'node:crypto';
import type { ConnectionOptions } from 'node:tls';
import type { RequestKey } from '@intendant/intent-model';
import { parseStrictJson } from '@intendant/kernel';
import { buildConnector, type Dispatcher, Pool } from 'undici';
import { signRequest, verifyResponse } from './http-signature/index.js';

const JSON_TYPE = 'application/json';

/** Connections to one participant; each call in flight holds one. */
export const HTTP_CONNECTIONS_MAX = 128;

const CONNECT_MS_MAX = 2_000;

/** Bytes of a refusal that are read for the reason it gives. */
const REFUSAL_BYTES_MAX = 4_096;

/** What became of one request. */
export type SignedReply =
  /** The holder of the key gave this answer to this request. */
  | { readonly kind: 'answer'; readonly value: unknown }
  /** Nothing was done: nobody was reached, or the key is not known there (yet). */
  | { readonly kind: 'not_delivered'; readonly reason: string }
  /** Nothing was done, and the other end says so. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Nobody knows: no answer, or one that cannot be believed. */
  | { readonly kind: 'lost'; readonly reason: string };

export interface ExchangeLimits {
  /** Milliseconds for all of it, the body of the answer included; then the connection is destroyed. */
  readonly timeoutMs: number;
  /** Bytes of the answer; at one more the connection is destroyed. */
  readonly bytesMax: number;
}

/** The connection could not be made, so nothing has been sent. */
class NotConnected extends Error {}

/**
 * Signed requests to one base URL, and answers that are proved to be theirs. Follows no redirect, decodes nothing, and
 * turns everything that can go wrong into a value.
 */
export class SignedHttpClient {
  readonly #base: URL;
  readonly #pool: Pool;

  /** `tls` is used for `https:`: our certificate, the CA, and the check of who is at the other end. */
  constructor(
    url: string,
    tls: ConnectionOptions,
    private readonly nowMs: () => number = Date.now,
  ) {
    this.#base = new URL(url);
    const connect = buildConnector({
      ...(this.#base.protocol === 'https:' ? tls : {}),
      timeout: CONNECT_MS_MAX,
    } as never);
    this.#pool = new Pool(this.#base.origin, {
      connect: (options, callback) =>
        connect(options, (error, socket) =>
          error === null ? callback(null, socket as never) : callback(new NotConnected(error.message), null),
        ),
      connections: HTTP_CONNECTIONS_MAX,
      // the whole exchange has a deadline of its own
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  async post(path: string, message: unknown, key: RequestKey, limits: ExchangeLimits): Promise<SignedReply> {
    const body = Buffer.from(JSON.stringify(message));
    const fullPath = `${this.#base.pathname.replace(/\/$/, '')}${path}`;
    const request = { method: 'POST', authority: this.#base.host, path: fullPath, contentType: JSON_TYPE, body };
    const fields = signRequest(request, key, this.nowMs(), randomBytes(16).toString('base64url'));
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), limits.timeoutMs);
    try {
      const headers = { ...fields, accept: JSON_TYPE, 'accept-encoding': 'identity' };
      const answer = await this.#pool.request({
        path: fullPath,
        method: 'POST',
        headers,
        body,
        signal: deadline.signal,
      });
      return await judge(answer, { key, requestSignature: fields.signature, bytesMax: limits.bytesMax });
    } catch (error) {
      const { message: text } = error as Error;
      if (error instanceof NotConnected) return { kind: 'not_delivered', reason: text };
      return lost(deadline.signal.aborted ? `no whole answer in ${limits.timeoutMs} ms` : text);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Requests in flight end as lost. */
  close(): void {
    this.#pool.destroy().catch(() => undefined);
  }
}

interface Expected {
  readonly key: RequestKey;
  readonly requestSignature: string;
  readonly bytesMax: number;
}

async function judge(
  answer: Dispatcher.ResponseData,
  { key, requestSignature, bytesMax }: Expected,
): Promise<SignedReply> {
  const { statusCode: status, headers, body } = answer;
  if (status !== 200) return refusal(status, await bytesOf(body, REFUSAL_BYTES_MAX));
  const fields = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
  const contentType = fields['content-type'] ?? '';
  const unfit = unfitness(fields, contentType, bytesMax);
  if (unfit !== null) {
    // its own error at that is nobody's
    body.on('error', () => undefined).destroy();
    return lost(unfit);
  }
  const bytes = await bytesOf(body, bytesMax);
  if (bytes === null) return lost(`the answer has more than ${bytesMax} bytes`);
  if (!verifyResponse({ status, contentType, body: bytes, requestSignature, fields }, key))
    return lost('the answer is not signed, or not for this request');
  const parsed = parseStrictJson(bytes);
  return parsed.ok ? { kind: 'answer', value: parsed.value } : lost(`the answer is not JSON: ${parsed.error.message}`);
}

/** What the head of an answer says against reading its body. */
function unfitness(
  fields: Readonly<Record<string, string | undefined>>,
  type: string,
  bytesMax: number,
): string | null {
  if (type.split(';')[0]?.trim().toLowerCase() !== JSON_TYPE)
    return `the answer is of type ${type.slice(0, 64) || 'none'}`;
  const encoding = fields['content-encoding'];
  if (encoding !== undefined) return `the answer is encoded as ${encoding.slice(0, 64)}`;
  const length = Number(fields['content-length'] ?? 0);
  return length > bytesMax ? `the answer has ${length} bytes, ${bytesMax} are allowed` : null;
}

/** The body, or null when it is longer; its connection is destroyed then. */
async function bytesOf(body: Dispatcher.ResponseData['body'], bytesMax: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  // leaving the loop destroys the stream, and with it the connection
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > bytesMax) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Another status than 200: below 500 (and 503) the request was turned down, else nobody knows. */
function refusal(status: number, body: Buffer | null): SignedReply {
  const problem = body === null ? null : parseStrictJson(body);
  const { code, detail } = (problem?.ok ? problem.value : {}) as { code?: unknown; detail?: unknown };
  const said = [code, detail].filter((one) => typeof one === 'string').join(': ');
  const reason = `it answered ${status}${said === '' ? '' : ` (${said.slice(0, 500)})`}`;
  if (status === 401) return { kind: 'not_delivered', reason };
  return status >= 300 && (status < 500 || status === 503) ? { kind: 'refused', reason } : lost(reason);
}

const lost = (reason: string): SignedReply => ({ kind: 'lost', reason: reason.slice(0, 1_000) });
