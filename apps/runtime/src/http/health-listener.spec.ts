import type { AddressInfo } from 'node:net';
import { expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { startHealthListener } from './health-listener.js';

type Platform = Parameters<typeof startHealthListener>[1];

it('the health of the Runtime is told on a port of its own, with what its readiness knows', async () => {
  const drain = { begun: false };
  const platform = {
    drain,
    freeSpace: { shortage: () => null },
    holders: { haltedHere: new Map(), othersReady: false },
    holding: { unready: () => null },
    log: { partitionCount: 1 },
    policyWatch: { silentMs: () => 0, isOutOfDate: false },
    registryWatch: { heard: true },
    wal: { closedBecause: null },
    metrics: { registry: new Registry() },
  } as unknown as Platform;
  expect(await startHealthListener({ INTENDANT_HOST: '127.0.0.1' }, platform)).toBeUndefined();
  const server = await startHealthListener({ INTENDANT_HOST: '127.0.0.1', INTENDANT_HEALTH_PORT: 0 }, platform);
  if (server === undefined) throw new Error('it did not start');
  const { port } = server.address() as AddressInfo;
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    return [response.status, await response.text()];
  };
  expect(await get('/health/live')).toEqual([200, '{"status":"live"}']);
  expect(await get('/health/ready')).toEqual([200, '{"status":"ready","reasons":[]}']);
  drain.begun = true;
  expect(await get('/health/ready')).toEqual([503, '{"status":"not_ready","reasons":["draining"]}']);
  server.closeAllConnections();
  server.close();
});
