import { createHash, randomBytes } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { clientTlsOptions, serverTlsOptions } from '@intendant/nest-kit';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CallAborted } from './call-abort.js';
import { DataPlaneClient } from './data-plane-client.js';
import { gate, startMemoryDataPlane, TestAuthority } from './testing/index.js';

const open = new AbortController().signal;

describe('DataPlaneClient', () => {
  let authority: TestAuthority;
  let client: DataPlaneClient;
  const closing: (() => unknown)[] = [];

  beforeAll(async () => {
    authority = await TestAuthority.create();
    client = new DataPlaneClient(clientTlsOptions(await authority.issue('content'), 'runtime'));
  });
  afterAll(async () => {
    await client.close();
    for (const close of closing) await close();
  });

  /** A data plane that answers like this, under the certificate of `service`. */
  const answering = async (listener: RequestListener, service = 'runtime') => {
    const server: Server = createServer(serverTlsOptions(await authority.issue(service)), listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => {
      server.close();
      server.closeAllConnections();
    });
    return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, grant: 'grant' };
  };
  const bytesOf = async (stream: Readable): Promise<Buffer> => {
    const chunks: Buffer[] = [];
    for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
    return Buffer.concat(chunks);
  };
  const ref = (bytes: Uint8Array) => `content://${createHash('sha256').update(bytes).digest('hex')}`;

  test('large content flows both ways without being held', async () => {
    const dataPlane = await startMemoryDataPlane(serverTlsOptions(await authority.issue('runtime')));
    closing.push(() => dataPlane.close());
    const chunk = randomBytes(1_000_000);
    const whole = Buffer.concat(Array.from({ length: 6 }, () => chunk));
    const access = client.forCall({ current: dataPlane, callToken: { epoch: 1, n: 1 } }, open);
    const stored = await access.write(Readable.from(Array.from({ length: 6 }, () => chunk)));
    expect(stored).toEqual({ ref: ref(whole), sha256: ref(whole).slice(10), sizeBytes: 6_000_000 });
    expect((await bytesOf(await access.read(stored.ref))).equals(whole)).toBe(true);
  });

  test('another service in the Runtime’s place gets no grant', async () => {
    let asked = 0;
    const address = await answering((_request, response) => {
      asked += 1;
      response.end();
    }, 'insights');
    await expect(
      client.forCall({ current: address, callToken: { epoch: 1, n: 1 } }, open).state('session', 'a'),
    ).rejects.toMatchObject({
      code: 'data_plane_unreachable',
      message: expect.stringContaining('peer is insights'),
      options: { retryable: true },
    });
    expect(asked).toBe(0);
  });

  test('bytes that break off are a retryable failure, not shorter content', async () => {
    const address = await answering((_request, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('half of it', () => response.destroy());
    });
    const stream = await client
      .forCall({ current: address, callToken: { epoch: 1, n: 1 } }, open)
      .read(ref(Buffer.from('all of it')));
    await expect(bytesOf(stream)).rejects.toMatchObject({
      code: 'data_plane_unreachable',
      options: { retryable: true },
    });
  });

  test.each([
    [
      503,
      '{"code":"storage_low","detail":"no room"}',
      { code: 'storage_low', message: 'no room', options: { retryable: true } },
    ],
    [500, 'not json', { code: 'data_plane_failed', options: { retryable: true } }],
    [429, '{}', { code: 'data_plane_failed', options: { retryable: true } }],
    [413, '{"code":"content_too_large"}', { code: 'content_too_large', options: { retryable: false } }],
    [403, '{"code":"Not A Code"}', { code: 'data_plane_refused', options: { retryable: false } }],
  ])('an answer %i %s', async (status, body, expected) => {
    const address = await answering((request, response) => {
      request.resume();
      response.writeHead(status, { 'content-type': 'application/problem+json' }).end(body);
    });
    await expect(
      client.forCall({ current: address, callToken: { epoch: 1, n: 1 } }, open).write('bytes'),
    ).rejects.toMatchObject(expected);
    await expect(
      client.forCall({ current: address, callToken: { epoch: 1, n: 1 } }, open).state('session', 'a'),
    ).rejects.toMatchObject(expected);
  });

  test('a store that holds other bytes than were sent is not believed', async () => {
    const other = Buffer.from('other');
    const address = await answering((request, response) => {
      request.resume();
      response.writeHead(201).end(JSON.stringify({ ref: ref(other), sha256: ref(other).slice(10), sizeBytes: 5 }));
    });
    await expect(
      client.forCall({ current: address, callToken: { epoch: 1, n: 1 } }, open).write('bytes'),
    ).rejects.toMatchObject({
      code: 'digest_mismatch',
    });
  });

  test('an answer to a report may hold more than a state value', async () => {
    const entries = [{ value: 'x'.repeat(9 * 1024 * 1024) }];
    const address = await answering((request, response) => {
      request.resume();
      response.end(JSON.stringify({ entries, held: [] }));
    });
    const access = client.forCall({ current: address, callToken: { epoch: 1, n: 1 } }, open);
    expect(await access.report([])).toEqual({ kind: 'recorded', entries, held: [] });
  });

  test('the abort of the call ends a transfer with the reason of the abort', async () => {
    const asked = gate();
    const address = await answering(() => asked.open());
    const controller = new AbortController();
    const waiting = client
      .forCall({ current: address, callToken: { epoch: 1, n: 1 } }, controller.signal)
      .state('session', 'a');
    await asked.opened;
    controller.abort(new CallAborted('deadline'));
    await expect(waiting).rejects.toThrow(CallAborted);
  });
});
