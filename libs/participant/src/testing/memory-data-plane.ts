import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TlsOptions } from 'node:tls';
import type { ProtocolHarness } from './protocol-port.js';

const GRANT = 'grant-of-the-contract-suite';

/** The data plane's HTTP face over memory: one tenant, one grant. `tls` carries the certificate of `runtime`. */
export async function startMemoryDataPlane(
  tls: TlsOptions,
): Promise<ProtocolHarness['dataPlane'] & { close(): Promise<void> }> {
  const content = new Map<string, Uint8Array>();
  const state = new Map<string, unknown>();
  const server = createServer(tls, (request, response) => {
    if (request.headers.authorization !== `Bearer ${GRANT}`) return answer(response, 401, { code: 'unauthenticated' });
    // a sender that gives up in the middle of its bytes gets no answer
    route(request, response, content, state).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/data`,
    grant: GRANT,
    put: (bytes) => store(content, bytes),
    stored: (sha256) => content.get(sha256),
    corrupt: (sha256) => void content.set(sha256, Buffer.from('not these bytes')),
    setState: (scope, key, value) => void state.set(`${scope}/${encodeURIComponent(key)}`, value),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function route(
  request: IncomingMessage,
  response: ServerResponse,
  content: Map<string, Uint8Array>,
  state: Map<string, unknown>,
): Promise<void> {
  const path = (request.url ?? '').replace(/^\/data\//, '');
  if (request.method === 'POST' && path === 'content') {
    const bytes = await bodyOf(request);
    const sha256 = store(content, bytes);
    return answer(response, 201, { ref: `content://${sha256}`, sha256, sizeBytes: bytes.byteLength });
  }
  if (path.startsWith('content/')) {
    const bytes = content.get(path.slice('content/'.length));
    if (bytes === undefined) return answer(response, 404, { code: 'content_not_found', detail: 'no such content' });
    response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(bytes);
    return;
  }
  const key = path.slice('state/'.length);
  if (path.startsWith('state/') && state.has(key)) return answer(response, 200, { value: state.get(key) });
  answer(response, 404, { code: 'not_found' });
}

function store(content: Map<string, Uint8Array>, bytes: Uint8Array): string {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  content.set(sha256, bytes);
  return sha256;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
