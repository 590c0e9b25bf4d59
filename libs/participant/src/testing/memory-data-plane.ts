import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { JOURNAL_BYTES_MAX, JournalRequest } from '@intendant/intent-model';
import { MemoryJournal } from './memory-journal.js';
import { gate } from './scripted-participant.js';

const GRANT = 'grant-of-the-contract-suite';

/** A place where handlers of the suite stop until it lets them go on. */
export interface Hold {
  readonly arrived: Promise<void>;
  open(): void;
}

export type MemoryDataPlane = Awaited<ReturnType<typeof startMemoryDataPlane>>;

/** The data plane's HTTP face over memory: one tenant. `tls` carries the certificate of `runtime`. */
export async function startMemoryDataPlane(tls: TlsOptions) {
  const memory = new Memory();
  const server = createServer(tls, (request, response) => {
    const bearer = request.headers.authorization ?? '';
    if (!bearer.startsWith(`Bearer ${memory.grant}`)) return answer(response, 401, { code: 'unauthenticated' });
    // a sender that gives up in the middle of its bytes gets no answer
    memory.route(request, response, bearer.slice(`Bearer ${GRANT}/`.length)).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/data`,
    grant: GRANT,
    /** A grant for the journal of one execution. */
    grantOf: (executionId: string) => `${GRANT}/${executionId}`,
    /** From now on only grants that begin like this are good. */
    onlyGrant: (grant: string): void => {
      memory.grant = grant;
    },
    journalOf: (executionId: string) => memory.journalOf(executionId),
    /** Stops whoever writes this text. */
    hold: (text: string): Hold => memory.hold(text),
    /** Stores bytes as the Runtime would; returns their SHA-256. */
    put: (bytes: Uint8Array) => memory.store(bytes),
    /** The bytes stored under a SHA-256. */
    stored: (sha256: string) => memory.content.get(sha256),
    /** Makes the store give other bytes than it was asked for. */
    corrupt: (sha256: string) => void memory.content.set(sha256, Buffer.from('not these bytes')),
    setState: (scope: 'session' | 'execution', key: string, value: unknown) =>
      void memory.state.set(`${scope}/${encodeURIComponent(key)}`, value),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

class Memory {
  grant = GRANT;
  readonly content = new Map<string, Uint8Array>();
  readonly state = new Map<string, unknown>();
  readonly #journals = new Map<string, MemoryJournal>();
  readonly #holds = new Map<string, { arrive(): void; opened: Promise<void> }>();

  hold(text: string): Hold {
    const [arrival, opening] = [gate(), gate()];
    this.#holds.set(text, { arrive: arrival.open, opened: opening.opened });
    return { arrived: arrival.opened, open: opening.open };
  }

  journalOf(executionId: string): MemoryJournal {
    const journal = this.#journals.get(executionId) ?? new MemoryJournal();
    this.#journals.set(executionId, journal);
    return journal;
  }

  store(bytes: Uint8Array): string {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    this.content.set(sha256, bytes);
    return sha256;
  }

  async route(request: IncomingMessage, response: ServerResponse, executionId: string): Promise<void> {
    const path = (request.url ?? '').replace(/^\/data\//, '');
    if (request.method === 'POST' && path === 'content') return this.#take(response, await bodyOf(request));
    if (request.method === 'POST' && path === 'journal') {
      const bytes = await bodyOf(request);
      if (bytes.byteLength > JOURNAL_BYTES_MAX) return answer(response, 413, { code: 'body_too_large' });
      const asked = JournalRequest.safeParse(JSON.parse(bytes.toString()));
      if (!asked.success) {
        const { message } = asked.error.issues[0] as { message: string };
        return answer(response, 400, { code: 'invalid_request', detail: message });
      }
      const { status, body } = this.journalOf(executionId).report(asked.data.commands);
      return answer(response, status, body);
    }
    if (path.startsWith('content/')) {
      const bytes = this.content.get(path.slice('content/'.length));
      if (bytes === undefined) return answer(response, 404, { code: 'content_not_found', detail: 'no such content' });
      response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(bytes);
      return;
    }
    const key = path.slice('state/'.length);
    if (path.startsWith('state/') && this.state.has(key)) return answer(response, 200, { value: this.state.get(key) });
    answer(response, 404, { code: 'not_found' });
  }

  async #take(response: ServerResponse, bytes: Buffer): Promise<void> {
    const held = this.#holds.get(bytes.toString());
    held?.arrive();
    await held?.opened;
    const sha256 = this.store(bytes);
    answer(response, 201, { ref: `content://${sha256}`, sha256, sizeBytes: bytes.byteLength });
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
