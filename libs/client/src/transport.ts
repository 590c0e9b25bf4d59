import type { Readable } from 'node:stream';
import { type Dispatcher, Pool } from 'undici';
import { ConnectionFailed, problemErrorOf, UnexpectedReply, unanswered } from './failures.js';
import { type ClientPorts, pause } from './ports.js';
import { type Repetition, type RetryLimits, waitBeforeRetry } from './retry.js';

/** Gives the bearer token; asked before every attempt, so that a token can be renewed. */
export type TokenSource = string | (() => string | Promise<string>);

export interface TransportOptions {
  readonly url: string;
  readonly token: TokenSource;
  readonly ports: ClientPorts;
  readonly retry: RetryLimits;
  /** Certificate authority of the server, as PEM. */
  readonly ca?: string;
}

export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Called for every attempt. */
  readonly body?: () => Buffer | Readable;
  readonly repetition: Repetition;
  /** Time the server may take for an answer on purpose; added to the usual limits. */
  readonly expectedMs?: number;
  /** Longest silence within the answer. */
  readonly silenceMs?: number;
  readonly signal?: AbortSignal;
}

export type Reply = Dispatcher.ResponseData;

const ANSWER_MS = 30_000;
const CONNECT_MS = 5_000;

/** One pool of connections to one server: authenticates, repeats what may be repeated, turns refusals into errors. */
export class Transport {
  readonly #pool: Pool;
  readonly #basePath: string;

  constructor(private readonly options: TransportOptions) {
    const { origin, pathname } = new URL(options.url);
    this.#basePath = pathname.replace(/\/+$/, '');
    const connect = { timeout: CONNECT_MS, ...(options.ca !== undefined && { ca: options.ca }) };
    this.#pool = new Pool(origin, { connect });
  }

  /** The answer, with a success status; its body must be read or destroyed. */
  send(call: Call): Promise<Reply> {
    return this.#repeated(call, () => this.#attempt(call));
  }

  /** The JSON of the answer, with its headers. An answer that breaks off is a lost one. */
  json(call: Call): Promise<{ readonly value: unknown; readonly reply: Reply }> {
    return this.#repeated(call, async () => {
      const reply = await this.#attempt(call);
      return { value: parsed(call, await this.#textOf(call, reply)), reply };
    });
  }

  async #repeated<T>(call: Call, work: () => Promise<T>): Promise<T> {
    const { clock, scheduler, randomFraction } = this.options.ports;
    const limits = this.options.retry;
    const lastStartAt = clock.nowMs() + limits.deadlineMs + (call.expectedMs ?? 0);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (failure) {
        const waitMs = waitBeforeRetry(failure, attempt, call.repetition, limits, randomFraction());
        if (waitMs === null || clock.nowMs() + waitMs > lastStartAt || call.signal?.aborted === true) throw failure;
        await pause(scheduler, waitMs, call.signal);
        call.signal?.throwIfAborted();
      }
    }
  }

  async #textOf(call: Call, reply: Reply): Promise<string> {
    try {
      return await reply.body.text();
    } catch (cause) {
      if (call.signal?.aborted === true) throw cause;
      throw new ConnectionFailed(this.#urlOf(call), false, cause as Error);
    }
  }

  async #attempt(call: Call): Promise<Reply> {
    const { token } = this.options;
    const bearer = typeof token === 'string' ? token : await token();
    let reply: Reply;
    try {
      reply = await this.#pool.request({
        method: call.method,
        path: this.#basePath + call.path,
        headers: { accept: 'application/json', ...call.headers, authorization: `Bearer ${bearer}` },
        body: call.body?.() ?? null,
        headersTimeout: ANSWER_MS + (call.expectedMs ?? 0),
        bodyTimeout: call.silenceMs ?? ANSWER_MS,
        signal: call.signal,
      });
    } catch (cause) {
      if (call.signal?.aborted === true) throw cause;
      throw unanswered(this.#urlOf(call), cause as Error);
    }
    if (reply.statusCode < 300) return reply;
    const text = await reply.body.text().catch(() => '');
    throw problemErrorOf(reply.statusCode, text, headerOf(reply, 'retry-after'));
  }

  #urlOf(call: Call): string {
    return new URL(this.#basePath + call.path.split('?')[0], this.options.url).href;
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  /** Ends at once; calls that run fail. */
  destroy(): Promise<void> {
    return this.#pool.destroy();
  }
}

export function headerOf(reply: Reply, name: string): string | undefined {
  const value = reply.headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}

function parsed(call: Call, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UnexpectedReply(`${call.method} ${call.path.split('?')[0]} did not answer with JSON`);
  }
}
