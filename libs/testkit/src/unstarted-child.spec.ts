import type { Intent, ParticipantResult } from '@intendant/intent-model';
import type { SagaContext } from '@intendant/participant';
import { SAMPLE_IDS } from '@intendant/wal/testing';
import { describe, expect, it } from '@jest/globals';
import { demoCapability } from '../test/demo-capability.js';
import { NO_FAULTS } from './faults.js';
import { SagaWorld } from './saga-world.js';

const nothing: ParticipantResult = { artifacts: [], events: [], stateChanges: [] };
const undoing = (of: string) => ({ compensate: { intent: 'demo.undo', input: { of } } });
const DAY_MS = 86_400_000;

/** A world in which children may not be started: `gate` is asked before each is. */
async function worldOf(
  handleSaga: (intent: Intent, ctx: SagaContext) => Promise<ParticipantResult>,
  gate: () => Promise<void> = async () => undefined,
  child: object = {},
  isLost = false,
) {
  const undone: unknown[] = [];
  const world = new SagaWorld([
    {
      service: 'demo',
      capabilities: [
        demoCapability('demo.saga', { durable: true }),
        demoCapability('demo.undo'),
        demoCapability('demo.child', child),
      ],
      participant: {
        getSupportedIntents: () => ['demo.saga', 'demo.undo', 'demo.child'],
        handleIntent: async (intent: Intent) => {
          if (intent.intentType === 'demo.undo') undone.push(intent.payload['of']);
          return nothing;
        },
        handleSaga,
      },
    },
  ]);
  const children = world.children.bind(world);
  world.children = (of) => ({ ensure: async (...asked) => gate().then(() => children(of).ensure(...asked)) });
  if (isLost)
    world.faults = {
      ...NO_FAULTS,
      onCall: async (call, make) => (call.intent.intentType === 'demo.child' ? 'lost' : make()),
    };
  await world.start();
  const parentId = await world.submit('demo.saga', {});
  await world.quiet();
  const childIdOf = async () =>
    (await world.records(parentId)).flatMap((one) => (one.type === 'child.started' ? [one.data.childId] : []))[0] ?? '';
  const statuses = async () => [
    (await world.state(parentId)).status,
    (await world.process.supervisor.read(await childIdOf()))?.status,
  ];
  const cancel = async () => {
    await world.process.supervisor.signal(parentId, world.signal('cancel'));
    await world.quiet();
  };
  return { world, undone, statuses, cancel };
}

const withChild = async (_intent: Intent, ctx: SagaContext) => {
  await ctx.step('a', async () => 1, undoing('a'));
  await ctx.intent('demo.child', {}, undoing('child'));
  return nothing;
};
const unavailable = () => Promise.reject(new Error('capability_unavailable'));

describe('a child that could not be started', () => {
  it('is not started once its parent is cancelled, which waits for nobody', async () => {
    let isDown = true;
    const { world, undone, statuses, cancel } = await worldOf(withChild, () =>
      isDown ? unavailable() : Promise.resolve(),
    );
    expect(await statuses()).toEqual(['waiting', undefined]);
    await cancel();
    expect([await statuses(), undone]).toEqual([['cancelled', undefined], ['a']]);
    isDown = false;
    await world.time.pass(DAY_MS);
    await world.quiet();
    expect(await statuses()).toEqual(['cancelled', undefined]);
  });

  it('is not started by a process that takes up a parent which has turned round', async () => {
    const { world, statuses, cancel } = await worldOf(withChild, () => new Promise(() => undefined));
    await cancel();
    expect(await statuses()).toEqual(['compensating', undefined]);
    await world.crash();
    await world.quiet();
    expect(await statuses()).toEqual(['cancelled', undefined]);
  });

  it('is waited for when it was being accepted as the cancel came', async () => {
    let open = (): void => undefined;
    const gate = () => new Promise<void>((resolve) => (open = resolve));
    const { world, undone, statuses, cancel } = await worldOf(withChild, gate);
    await cancel();
    expect(await statuses()).toEqual(['compensating', undefined]);
    open();
    await world.quiet();
    expect([await statuses(), undone]).toEqual([
      ['cancelled', 'completed'],
      ['child', 'a'],
    ]);
  });

  it('makes its parent silent, which a child that somebody must look at does not', async () => {
    const { world } = await worldOf(withChild, unavailable);
    expect(await world.process.supervisor.silent(10_000)).toEqual([]);
    await world.time.pass(60_000);
    expect(await world.process.supervisor.silent(10_000)).toEqual([SAMPLE_IDS.executionId]);
    const other = await worldOf(withChild, undefined, { sideEffects: 'effectful', unknownOutcome: 'park' }, true);
    await other.world.time.pass(60_000);
    expect(await other.statuses()).toEqual(['waiting', 'stuck']);
    expect(await other.world.process.supervisor.silent(10_000)).toEqual([]);
  });
});
