import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Counter, Registry } from 'prom-client';
import { startHealthServer } from './health-server.js';

let server: Server;
let reasons: readonly string[] = [];
const metrics = new Registry();
const get = async (path: string, method = 'GET') => {
  const { port } = server.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method });
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
};

beforeAll(async () => {
  new Counter({ name: 'seen_total', help: 'seen', registers: [metrics] }).inc(3);
  server = await startHealthServer({ host: '127.0.0.1', port: 0, readiness: () => reasons, metrics });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe('the health listener', () => {
  it('is live', async () => {
    expect(await get('/health/live')).toMatchObject({ status: 200, text: '{"status":"live"}' });
  });

  it('is ready until there are reasons why not, and says them', async () => {
    expect(await get('/health/ready')).toMatchObject({ status: 200, text: '{"status":"ready","reasons":[]}' });
    reasons = ['partition 3 is halted'];
    expect(await get('/health/ready')).toMatchObject({
      status: 503,
      text: '{"status":"not_ready","reasons":["partition 3 is halted"]}',
    });
    reasons = [];
  });

  it('shows metrics', async () => {
    const { status, type, text } = await get('/metrics');
    expect([status, type]).toEqual([200, metrics.contentType]);
    expect(text).toContain('seen_total 3');
  });

  it('knows nothing else', async () => {
    expect((await get('/')).status).toBe(404);
    expect((await get('/health/live', 'POST')).status).toBe(405);
  });

  it('does not start on a port that is taken', async () => {
    const { port } = server.address() as AddressInfo;
    const second = startHealthServer({ host: '127.0.0.1', port, readiness: () => [], metrics });
    await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
