import 'reflect-metadata';
import { OwnershipAnswer, RpcPattern } from '@intendant/intent-model';
import { createLogger, RpcClient, type RpcServer, startRpcServer } from '@intendant/nest-kit';
import { ManualTime, TestAuthority } from '@intendant/participant/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MemoryStore } from '../../test/memory-store.js';
import { renewalOf } from '../../test/renewals.js';
import { CuratorModule } from '../curator.module.js';
import { Registry } from '../registry/registry.js';
import { RegistryWatch } from '../registry/registry-watch.js';
import { OwnershipTable } from './ownership-table.js';

const logger = createLogger('spec', 'fatal');

describe('ownership over mutual TLS', () => {
  const time = new ManualTime();
  const registry = new Registry({ store: new MemoryStore(), clock: time, scheduler: time, logger });
  const watch = new RegistryWatch(registry, time);
  const table = new OwnershipTable({ clock: time, steadyClock: time, scheduler: time, logger, leaseMs: 5_000 });
  const clients: RpcClient[] = [];
  let authority: TestAuthority;
  let server: RpcServer;

  beforeAll(async () => {
    authority = await TestAuthority.create();
    const tls = await authority.issue('curator');
    const module = CuratorModule.with(registry, watch, table);
    server = await startRpcServer(module, { host: '127.0.0.1', port: 0, tls, logger });
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    await server.close();
    watch.close();
    registry.close();
    table.close();
  });

  const renewAs = async (service: string, message: unknown): Promise<unknown> => {
    const tls = await authority.issue(service);
    const client = new RpcClient({ host: '127.0.0.1', port: server.port, service: 'curator' }, tls, logger);
    clients.push(client);
    return client.call(RpcPattern.renewOwnership, message, 5_000);
  };

  it('answers a replica of the Runtime', async () => {
    const answer = await renewAs('runtime', renewalOf('a', { owned: [{ partition: 2, epoch: 7 }] }));
    expect(OwnershipAnswer.parse(answer)).toEqual(answer);
    expect(answer).toMatchObject({ leaseMs: 5_000, partitions: [{}, {}, { owner: 'a', next: null }, {}] });
  });

  it('answers no other service', async () => {
    for (const service of ['smart-city', 'content'])
      await expect(renewAs(service, renewalOf('b'))).rejects.toMatchObject({ code: 'action_not_permitted' });
    expect(table.state.members.has('b')).toBe(false);
  });

  it('says why it refuses', async () => {
    await expect(renewAs('runtime', {})).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(renewAs('runtime', renewalOf('b', { partitionCount: 8 }))).rejects.toMatchObject({
      code: 'registration_refused',
      extra: { expected: 4, said: 8 },
    });
  });
});
