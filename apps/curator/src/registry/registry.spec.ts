import type { Failure, RegistrySnapshot } from '@intendant/intent-model';
import { createLogger } from '@intendant/nest-kit';
import { ManualTime } from '@intendant/participant/testing';
import type { RegistrationRefusal } from '@intendant/registry';
import { describe, expect, test } from '@jest/globals';
import { MemoryStore } from '../../test/memory-store.js';
import { definitionOf, registrationOf } from '../../test/registrations.js';
import { LEASE_MS, Registry } from './registry.js';
import { RegistryWatch, SETTLING_MS } from './registry-watch.js';

const logger = createLogger('spec', 'fatal');
const content = { service: 'content', realms: ['content'] };
const insights = { service: 'insights', realms: ['insights'] };
const parse = definitionOf('content.parse');

async function startedRegistry(store = new MemoryStore(), time = new ManualTime()) {
  const registry = new Registry({ store, clock: time, scheduler: time, logger });
  await registry.start();
  const seen: RegistrySnapshot[] = [];
  registry.changes.subscribe((snapshot) => seen.push(snapshot));
  return { registry, store, time, seen };
}

const liveOf = ({ instances }: RegistrySnapshot) =>
  instances.map((one) => `${one.instanceId}${one.draining ? ' draining' : ''}`);

describe('registering', () => {
  test('stores the capabilities and shows the instance, as one change', async () => {
    const { registry, seen } = await startedRegistry();
    const receipt = await registry.register(registrationOf('content', [parse]), content);
    expect(receipt).toEqual({ leaseId: expect.stringMatching(/^[0-9a-f]{32}$/), leaseMs: LEASE_MS, revision: 2 });
    expect(seen).toHaveLength(1);
    expect(registry.snapshot).toMatchObject({
      revision: 2,
      capabilities: [
        {
          name: 'content.parse',
          version: '1.0.0',
          service: 'content',
          digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        },
      ],
      instances: [{ instanceId: 'content-1', serves: ['content.parse@1.0.0'], draining: false }],
    });
  });

  test('the same instance again takes its own place: nothing doubles, nothing changes', async () => {
    const { registry, seen } = await startedRegistry();
    const first = await registry.register(registrationOf('content', [parse]), content);
    const again = await registry.register(registrationOf('content', [parse]), content);
    expect(seen).toHaveLength(1);
    expect(liveOf(registry.snapshot)).toEqual(['content-1']);
    if ('failure' in first || 'failure' in again) throw new Error('refused');
    expect(registry.renew(first.leaseId, 'content')).toBe(false);
    expect(registry.renew(again.leaseId, 'content')).toBe(true);
  });

  test('the same instance at another place, with another version', async () => {
    const { registry } = await startedRegistry();
    await registry.register(registrationOf('content', [parse]), content);
    const newer = { ...parse, version: '1.1.0', description: 'newer' };
    const address = { transport: 'tcp' as const, host: '10.0.0.7', port: 4002 };
    await registry.register(registrationOf('content', [newer], { address }), content);
    expect(registry.snapshot.instances).toEqual([
      { service: 'content', instanceId: 'content-1', address, serves: ['content.parse@1.1.0'], draining: false },
    ]);
    expect(registry.snapshot.capabilities.map(({ version }) => version)).toEqual(['1.0.0', '1.1.0']);
  });

  test('a plan that names an intent nobody answers waits, and it is known what for', async () => {
    const { registry, time } = await startedRegistry();
    const step = { stepId: 'a', intent: 'content.prase', pivot: true };
    const planned = definitionOf('content.plan', { plan: { concurrencyMax: 1, steps: [step] } });
    const waits = registrationOf('content', [parse, planned]);
    expect(await registry.register(waits, content)).toMatchObject({ failure: { code: 'registration_pending' } });
    expect([...registry.waiting]).toEqual([
      [
        'content-1',
        expect.stringContaining('/capabilities/1/plan/steps/0/intent: no capability answers content.prase'),
      ],
    ]);
    await registry.register(registrationOf('content', [parse]), content);
    expect(registry.waiting.size).toBe(0);
    await registry.register(waits, content);
    await time.pass(LEASE_MS + 1);
    expect(registry.waiting.size).toBe(0);
  });

  test('no step of a plan that is served becomes a saga as code', async () => {
    const { registry } = await startedRegistry();
    const step = { stepId: 'a', intent: 'content.parse', pivot: true };
    const planned = definitionOf('insights.plan', { plan: { concurrencyMax: 1, steps: [step] } });
    await registry.register(registrationOf('content', [parse]), content);
    await registry.register(registrationOf('insights', [planned]), insights);
    const code = registrationOf('content', [{ ...parse, version: '2.0.0', durable: true }]);
    expect(await registry.register(code, content)).toMatchObject({
      failure: { code: 'registration_refused', extra: { refusals: [{ rule: 'plan_durable_step' }] } },
    });
  });

  test('a refusal changes nothing and names the rules', async () => {
    const { registry, seen } = await startedRegistry();
    const refused = await registry.register(registrationOf('content', [{ ...parse, inputContract: {} }]), insights);
    expect(refused).toMatchObject({
      failure: { code: 'registration_refused', extra: { refusals: [{ rule: 'service_not_certified' }] } },
    });
    const uncontracted = await registry.register(registrationOf('content', [{ ...parse, inputContract: {} }]), content);
    expect(uncontracted).toMatchObject({
      failure: { code: 'registration_refused', extra: { refusals: [{ rule: 'contract_missing' }] } },
    });
    expect([seen.length, registry.snapshot.revision]).toEqual([0, 1]);
  });

  test.each([
    ['nothing', undefined, 'its root'],
    [
      'no contract at all',
      { ...registrationOf('content', [parse]), capabilities: [{ ...parse, inputContract: undefined }] },
      '/capabilities/0/inputContract',
    ],
    ['an unknown member', { ...registrationOf('content', [parse]), priority: 1 }, 'its root'],
  ])('a malformed message is refused by its place: %s', async (_what, message, place) => {
    const { registry } = await startedRegistry();
    expect(await registry.register(message, content)).toMatchObject({
      failure: { code: 'invalid_request', detail: expect.stringContaining(place) },
    });
  });

  test('a plan of no good shape is refused with everything that is wrong with it, its graph included', async () => {
    const { registry } = await startedRegistry();
    const steps = [
      { stepId: 'main', intent: 'content.parse', dependsOn: ['b'] },
      { stepId: 'A b', intent: 'content.parse' },
      { stepId: 'b', intent: 'content.parse', dependsOn: ['main'] },
      { stepId: 'b', intent: 'content.parse', dependsOn: ['main'] },
    ];
    const planned = { ...definitionOf('content.plan'), plan: { concurrencyMax: 0, steps } } as never;
    const stepless = { ...definitionOf('content.stepless'), plan: { concurrencyMax: 1, steps: [] } } as never;
    const other = { ...definitionOf('content.other'), timeoutMs: 1 };
    const message = registrationOf('content', [parse, planned, other, stepless]);
    const reply = await registry.register(message, content);
    const { failure } = reply as { failure: Failure };
    const refusals = (failure.extra as { refusals: RegistrationRefusal[] }).refusals;
    expect(refusals.map(({ rule, field }) => `${rule} ${field}`)).toEqual([
      'malformed /capabilities/1/plan/steps/1/stepId',
      'malformed /capabilities/1/plan/concurrencyMax',
      'malformed /capabilities/2/timeoutMs',
      'malformed /capabilities/3/plan/steps',
      'plan_duplicate_step /capabilities/1/plan/steps/3/stepId',
      'plan_reserved_step /capabilities/1/plan/steps/0/stepId',
      'plan_circular_dependency /capabilities/1/plan/steps',
    ]);
    expect(failure).toMatchObject({ code: 'invalid_request', field: '/capabilities/1/plan/steps/1/stepId' });
    for (const { field } of refusals) expect(failure.detail).toContain(field);
  });

  test('a text that the store cannot hold is refused, one that only looks so is not', async () => {
    const { registry } = await startedRegistry();
    for (const description of ['nul \u0000', 'half a pair \ud83d'])
      expect(await registry.register(registrationOf('content', [{ ...parse, description }]), content)).toMatchObject({
        failure: { code: 'invalid_request' },
      });
    const described = { ...parse, description: 'the text \\u0000 and a whole 😀' };
    expect(await registry.register(registrationOf('content', [described]), content)).toHaveProperty('leaseId');
  });

  test('registrations at the same time are judged one after the other', async () => {
    const { registry } = await startedRegistry();
    const replies = await Promise.all([
      registry.register(registrationOf('content', [parse]), content),
      registry.register(
        registrationOf('content', [{ ...parse, timeoutMs: 1_000 }], { instanceId: 'content-2' }),
        content,
      ),
    ]);
    expect(replies.map((reply) => ('failure' in reply ? reply.failure.code : 'accepted'))).toEqual([
      'accepted',
      'registration_refused',
    ]);
  });

  test('a store that cannot be written is told as a failure that passes, and nothing is shown', async () => {
    const { registry, store, seen } = await startedRegistry();
    store.failsWith = new Error('connection refused');
    expect(await registry.register(registrationOf('content', [parse]), content)).toMatchObject({
      failure: { code: 'internal_error' },
    });
    expect([seen.length, registry.storeFails]).toEqual([0, true]);
    store.failsWith = undefined;
    expect(await registry.register(registrationOf('content', [parse]), content)).toHaveProperty('leaseId');
    expect(registry.storeFails).toBe(false);
  });
});

describe('leases', () => {
  test('an instance lives while it renews, and is gone when it does not', async () => {
    const { registry, time } = await startedRegistry();
    const receipt = await registry.register(registrationOf('content', [parse]), content);
    if ('failure' in receipt) throw new Error('refused');
    for (let renewals = 0; renewals < 5; renewals += 1) {
      await time.pass(LEASE_MS - 1);
      expect(registry.renew(receipt.leaseId, 'content')).toBe(true);
    }
    expect(liveOf(registry.snapshot)).toEqual(['content-1']);
    const { revision } = registry.snapshot;
    await time.pass(LEASE_MS);
    expect(registry.snapshot).toMatchObject({
      revision: revision + 1,
      instances: [],
      capabilities: [{ name: 'content.parse' }],
    });
    expect(registry.renew(receipt.leaseId, 'content')).toBe(false);
  });

  test('a lease is nobody else’s to renew or drain', async () => {
    const { registry } = await startedRegistry();
    const receipt = await registry.register(registrationOf('content', [parse]), content);
    if ('failure' in receipt) throw new Error('refused');
    expect(registry.renew(receipt.leaseId, 'insights')).toBe(false);
    expect(await registry.drain(receipt.leaseId, 'insights')).toBe(false);
    expect(liveOf(registry.snapshot)).toEqual(['content-1']);
  });

  test('a drained instance is shown as draining, then gone; a renewal does not bring it back', async () => {
    const { registry, time } = await startedRegistry();
    const receipt = await registry.register(registrationOf('content', [parse]), content);
    if ('failure' in receipt) throw new Error('refused');
    expect(await registry.drain(receipt.leaseId, 'content')).toBe(true);
    expect(liveOf(registry.snapshot)).toEqual(['content-1 draining']);
    expect(registry.renew(receipt.leaseId, 'content')).toBe(false);
    await time.pass(LEASE_MS);
    expect(liveOf(registry.snapshot)).toEqual([]);
  });

  test('an instance that ran out while the store was away is taken out as soon as it is back', async () => {
    const { registry, store, time } = await startedRegistry();
    await registry.register(registrationOf('content', [parse]), content);
    store.failsWith = new Error('connection refused');
    await time.pass(LEASE_MS + 3_000);
    expect(liveOf(registry.snapshot)).toEqual(['content-1']);
    store.failsWith = undefined;
    await time.pass(1_000);
    expect(liveOf(registry.snapshot)).toEqual([]);
    registry.close();
  });
});

describe('restarts and other processes', () => {
  test('capabilities outlive the process, instances do not, and the revision goes on rising', async () => {
    const { registry, store } = await startedRegistry();
    const receipt = await registry.register(registrationOf('content', [parse]), content);
    const next = await startedRegistry(store);
    expect(next.registry.snapshot.revision).toBe(registry.snapshot.revision + 1);
    expect(next.registry.snapshot.capabilities).toEqual(registry.snapshot.capabilities);
    expect(next.registry.snapshot.instances).toEqual([]);
    if ('failure' in receipt) throw new Error('refused');
    expect(next.registry.renew(receipt.leaseId, 'content')).toBe(false);
  });

  test('what another process registered in between counts', async () => {
    const one = await startedRegistry();
    const other = await startedRegistry(one.store);
    expect(await other.registry.register(registrationOf('content', [parse]), content)).toHaveProperty('leaseId');
    const changed = registrationOf('content', [{ ...parse, timeoutMs: 1_000 }, definitionOf('content.embed')]);
    expect(await one.registry.register(changed, content)).toMatchObject({ failure: { code: 'registration_refused' } });
    expect(one.registry.snapshot.capabilities).toHaveLength(1);
  });
});

describe('the watch', () => {
  test('a watcher gets the snapshot at once, at every change', async () => {
    const { registry, time } = await startedRegistry();
    const watch = new RegistryWatch(registry, time);
    const seen: number[] = [];
    const subscription = watch.snapshots(false).subscribe(({ revision }) => seen.push(revision));
    await registry.register(registrationOf('content', [parse]), content);
    expect(seen).toEqual([1, 2]);
    subscription.unsubscribe();
    watch.close();
  });

  test('a watcher that has a snapshot keeps it until the instances have come back', async () => {
    const { registry, time } = await startedRegistry();
    const watch = new RegistryWatch(registry, time);
    const seen: string[][] = [];
    const subscription = watch.snapshots(true).subscribe((snapshot) => seen.push(liveOf(snapshot)));
    await time.pass(SETTLING_MS / 2);
    await registry.register(registrationOf('content', [parse]), content);
    await registry.register(registrationOf('content', [parse], { instanceId: 'content-2' }), content);
    expect(seen).toEqual([]);
    await time.pass(SETTLING_MS / 2);
    expect(seen).toEqual([['content-1', 'content-2']]);
    subscription.unsubscribe();
  });
});
