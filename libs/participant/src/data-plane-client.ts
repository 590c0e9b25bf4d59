import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import { ContentDescriptor, type JournalCommand } from '@intendant/intent-model';
import { Agent, type Dispatcher } from 'undici';
import { readBounded, refusalOfResponse, unreachable } from './data-plane-failures.js';
import type { ReportAnswer } from './durable/journal-port.js';
import type { DataPlane, DataPlaneAccess } from './handler-context.js';
import { StepFailure } from './participant.js';

type Bytes = Readable | Uint8Array | string;

/** Characters of a state value as JSON. */
const STATE_BYTES_MAX = 8 * 1024 * 1024;

/**
 * What became of all that one report began: values of a thousand signals that came early at most, and less than the journal,
 * which travels whole with a call.
 */
const REPORT_ANSWER_BYTES_MAX = 64 * 1024 * 1024;

/** Silence that ends a transfer, in milliseconds. */
const IDLE_MS_MAX = 30_000;

const CONNECTIONS_MAX = 16;

/**
 * Bytes and state by HTTPS with mutual TLS, connections kept and shared among calls. Retries nothing: a broken transfer
 * is a retryable failure of the step, and the Runtime decides.
 */
export class DataPlaneClient {
  readonly #agent: Agent;

  /** `tls`: our certificate, the CA, and the check that the other end is the Runtime. */
  constructor(tls: ConnectionOptions) {
    this.#agent = new Agent({
      connect: { ...tls } as never,
      connections: CONNECTIONS_MAX,
      headersTimeout: IDLE_MS_MAX,
      bodyTimeout: IDLE_MS_MAX,
    });
  }

  forCall(access: DataPlaneAccess, signal: AbortSignal): DataPlane {
    return new CallDataPlane(this.#agent, access, signal);
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }
}

class CallDataPlane implements DataPlane {
  constructor(
    private readonly agent: Agent,
    private readonly access: DataPlaneAccess,
    private readonly signal: AbortSignal,
  ) {}

  async read(ref: string): Promise<Readable> {
    const sha256 = ref.slice('content://'.length);
    const { statusCode, body } = await this.#request('GET', `/content/${sha256}`);
    if (statusCode !== 200) throw await refusalOfResponse(statusCode, body, 'content_not_found');
    return Readable.from(this.#verified(body, sha256), { objectMode: false });
  }

  async write(bytes: Bytes): Promise<ContentDescriptor> {
    const sent = new CountedBytes(bytes);
    const { statusCode, body } = await this.#request('POST', '/content', sent).catch((error: unknown) => {
      // the handler's own stream broke: that is what it has to hear
      throw sent.sourceError ?? error;
    });
    if (statusCode !== 200 && statusCode !== 201) throw await refusalOfResponse(statusCode, body);
    const stored = ContentDescriptor.safeParse(await readBounded(body, 65_536));
    if (!stored.success)
      throw new StepFailure('data_plane_failed', 'the content store gave no descriptor', { retryable: true });
    if (stored.data.sha256 !== sent.sha256() || stored.data.sizeBytes !== sent.sizeBytes)
      throw new StepFailure('digest_mismatch', 'the content store holds other bytes than were sent', {
        retryable: true,
      });
    return stored.data;
  }

  async state(scope: 'session' | 'execution', key: string): Promise<unknown> {
    const { statusCode, body } = await this.#request('GET', `/state/${scope}/${encodeURIComponent(key)}`);
    if (statusCode === 404) {
      await body.dump();
      return null;
    }
    if (statusCode !== 200) throw await refusalOfResponse(statusCode, body);
    const answer = await readBounded(body, STATE_BYTES_MAX);
    return (answer as { value?: unknown } | undefined)?.value ?? null;
  }

  async report(commands: readonly JournalCommand[]): Promise<ReportAnswer> {
    const { callToken } = this.access;
    const { statusCode, body } = await this.#request('POST', '/journal', JSON.stringify({ callToken, commands }));
    if (statusCode !== 200 && statusCode !== 409) throw await refusalOfResponse(statusCode, body);
    const answer = await readBounded(body, REPORT_ANSWER_BYTES_MAX);
    return (statusCode === 200 ? { kind: 'recorded', ...(answer as object) } : answer) as ReportAnswer;
  }

  async #request(method: 'GET' | 'POST', path: string, sent?: CountedBytes | string): Promise<Dispatcher.ResponseData> {
    const { url, grant } = this.access.current;
    const base = new URL(url);
    if (base.protocol !== 'https:') throw new StepFailure('data_plane_refused', 'the data plane must be HTTPS');
    try {
      return await this.agent.request({
        origin: base.origin,
        path: `${base.pathname.replace(/\/$/, '')}${path}`,
        method,
        headers: {
          authorization: `Bearer ${grant}`,
          ...(sent === undefined ? {} : { 'content-type': 'application/octet-stream' }),
        },
        body: sent instanceof CountedBytes ? sent.body : (sent ?? null),
        signal: this.signal,
      });
    } catch (error) {
      throw this.#asFailure(error);
    }
  }

  /** The bytes as they come; ends with `content_corrupt` when they do not have the digest they were asked by. */
  async *#verified(body: Readable, sha256: string): AsyncGenerator<Buffer> {
    const hash = createHash('sha256');
    try {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        hash.update(chunk);
        yield chunk;
      }
    } catch (error) {
      throw this.#asFailure(error);
    }
    if (hash.digest('hex') !== sha256) throw new StepFailure('content_corrupt', `the bytes read are not ${sha256}`);
  }

  #asFailure(error: unknown): unknown {
    return this.signal.aborted ? this.signal.reason : unreachable(error);
  }
}

/** A body that is hashed and counted while it is sent. */
class CountedBytes {
  readonly body: Readable | Uint8Array;
  sourceError: unknown;
  sizeBytes = 0;
  readonly #hash = createHash('sha256');
  #digest: string | undefined;

  constructor(bytes: Bytes) {
    const whole = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
    if (whole instanceof Uint8Array) this.#count(whole);
    this.body = whole instanceof Uint8Array ? whole : Readable.from(this.#counted(whole), { objectMode: false });
  }

  sha256(): string {
    this.#digest ??= this.#hash.digest('hex');
    return this.#digest;
  }

  async *#counted(source: Readable): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of source as AsyncIterable<Uint8Array | string>) {
        const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
        this.#count(bytes);
        yield bytes;
      }
    } catch (error) {
      this.sourceError = error;
      throw error;
    }
  }

  #count(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.sizeBytes += bytes.byteLength;
  }
}
