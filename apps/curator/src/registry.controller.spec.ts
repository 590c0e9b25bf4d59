import 'reflect-metadata';
import { RegistrySnapshot, RpcPattern } from '@intendant/intent-model';
import { createLogger, RpcClient, type RpcServer, startRpcServer } from '@intendant/nest-kit';
import { ManualTime, TestAuthority } from '@intendant/participant/testing';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { MemoryStore } from '../test/memory-store.js';
import { definitionOf, registrationOf } from '../test/registrations.js';
import { CuratorModule } from './curator.module.js';
import { OwnershipTable } from './ownership/ownership-table.js';
import { LEASE_MS, Registry } from './registry/registry.js';
import { RegistryWatch } from './registry/registry-watch.js';

const logger = createLogger('spec', 'fatal');
const registration = registrationOf('content', [definitionOf('content.parse')]);

describe('Curator over mutual TLS', () => {
  let authority: TestAuthority;
  let server: RpcServer;
  let registry: Registry;
  let watch: RegistryWatch;
  let ownership: OwnershipTable;
  const time = new ManualTime();
  const clients: RpcClient[] = [];

  beforeAll(async () => {
    authority = await TestAuthority.create();
    registry = new Registry({ store: new MemoryStore(), clock: time, scheduler: time, logger });
    await registry.start();
    watch = new RegistryWatch(registry, time);
    const tls = await authority.issue('curator');
    ownership = new OwnershipTable({ clock: time, steadyClock: time, scheduler: time, logger, leaseMs: 5_000 });
    const module = CuratorModule.with(registry, watch, ownership);
    server = await startRpcServer(module, { host: '127.0.0.1', port: 0, tls, logger });
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });
  afterAll(async () => {
    await server.close();
    watch.close();
    ownership.close();
    registry.close();
  });

  const clientOf = async (service: string, realms: string[] = []): Promise<RpcClient> => {
    const tls = await authority.issue(service, realms);
    const client = new RpcClient({ host: '127.0.0.1', port: server.port, service: 'curator' }, tls, logger);
    clients.push(client);
    return client;
  };
  const firstOf = async (
    client: RpcClient,
    until: (snapshot: RegistrySnapshot) => boolean,
  ): Promise<RegistrySnapshot> =>
    new Promise((resolve, reject) => {
      const subscription = client.stream<RegistrySnapshot>(RpcPattern.watchRegistry, {}).subscribe({
        next: (snapshot) => {
          if (!until(snapshot)) return;
          resolve(snapshot);
          setImmediate(() => subscription.unsubscribe());
        },
        error: reject,
      });
    });

  test('register, renew, drain, gone: the watcher sees it all', async () => {
    const [content, runtime] = [await clientOf('content', ['content']), await clientOf('runtime')];
    const receipt = await content.call<{ leaseId: string; revision: number }>(
      RpcPattern.register,
      registration,
      30_000,
    );
    const live = await firstOf(runtime, ({ instances }) => instances.length === 1);
    expect(RegistrySnapshot.parse(live)).toEqual(live);
    expect(live).toMatchObject({
      revision: receipt.revision,
      instances: [{ instanceId: 'content-1', draining: false }],
    });
    expect(await content.call(RpcPattern.renew, { leaseId: receipt.leaseId }, 30_000)).toEqual({ status: 'renewed' });
    expect(await content.call(RpcPattern.drain, { leaseId: receipt.leaseId }, 30_000)).toEqual({ status: 'draining' });
    await firstOf(runtime, ({ instances }) => instances[0]?.draining === true);
    const gone = firstOf(runtime, ({ instances }) => instances.length === 0);
    await time.pass(LEASE_MS);
    expect((await gone).revision).toBeGreaterThan(live.revision);
    expect(await content.call(RpcPattern.renew, { leaseId: receipt.leaseId }, 30_000)).toEqual({
      status: 'lease_unknown',
    });
  });

  test('a refusal is an answer with every rule', async () => {
    const content = await clientOf('content', ['content']);
    const reply = await content.call(
      RpcPattern.register,
      { ...registration, supportedIntents: ['content.embed'] },
      30_000,
    );
    expect(reply).toMatchObject({
      failure: { code: 'registration_refused', extra: { refusals: [{ rule: 'intents_differ' }] } },
    });
  });

  test('a certificate without a realm is no participant’s; one of another service is refused', async () => {
    const smartCity = await clientOf('smart-city');
    for (const [pattern, message] of [
      [RpcPattern.register, registration],
      [RpcPattern.renew, { leaseId: 'a' }],
      [RpcPattern.drain, { leaseId: 'a' }],
    ] as const)
      await expect(smartCity.call(pattern, message, 30_000)).rejects.toMatchObject({ code: 'action_not_permitted' });
    const insights = await clientOf('insights', ['insights', 'content']);
    expect(await insights.call(RpcPattern.register, registration, 30_000)).toMatchObject({
      failure: { extra: { refusals: [{ rule: 'service_not_certified' }] } },
    });
  });

  test('nobody but the Runtime watches', async () => {
    for (const [service, realms] of [
      ['content', ['content']],
      ['smart-city', []],
    ] as const)
      await expect(firstOf(await clientOf(service, [...realms]), () => true)).rejects.toMatchObject({
        code: 'action_not_permitted',
      });
  });

  test('a watcher that is gone is not kept', async () => {
    const runtime = await clientOf('runtime');
    const before = registry.changes.observed;
    await firstOf(runtime, () => true);
    expect([before, registry.changes.observed]).toEqual([false, true]);
    runtime.close();
    const unobserved = async (): Promise<boolean> => {
      while (registry.changes.observed) await new Promise((resolve) => setImmediate(resolve));
      return true;
    };
    expect(await unobserved()).toBe(true);
  });

  test.each([
    [RpcPattern.renew, {}],
    [RpcPattern.drain, { leaseId: 7 }],
  ])('%s of something malformed', async (pattern, message) => {
    const content = await clientOf('content', ['content']);
    await expect(content.call(pattern, message, 30_000)).rejects.toMatchObject({ code: 'invalid_request' });
  });
});
