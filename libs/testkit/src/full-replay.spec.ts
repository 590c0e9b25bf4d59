import type { ReplayedStep } from '@intendant/intent-model';
import { findingsOf, replayFully } from '@intendant/replay';
import type { LogRecord } from '@intendant/wal';
import { SAMPLE_IDS } from '@intendant/wal/testing';
import { describe, expect, it } from '@jest/globals';
import { rerunInMemory } from './rerun-in-memory.js';
import type { WorldService } from './saga-ground.js';
import { SagaWorld } from './saga-world.js';
import { coded, planned, step } from './samples/sample-sagas.js';
import { resultOf, type SampleHandler, sampleService } from './samples/sample-service.js';
import type { SagaUnderSweep } from './swept-saga.js';

const ID = SAMPLE_IDS.executionId;

/** A saga that has run to its end, and its log. */
async function recorded(saga: SagaUnderSweep) {
  const services = saga.services();
  const world = new SagaWorld(services);
  await world.start();
  await world.submit(saga.intentType, saga.payload);
  const state = await world.untilSettled();
  return { services, world, state, records: await world.records() };
}

/** The same service in another version of its code. */
const isolated = (service: WorldService, change: Partial<WorldService['participant']> = {}): WorldService => ({
  ...service,
  participant: {
    getSupportedIntents: () => service.participant.getSupportedIntents(),
    handleIntent: (intent, context) => service.participant.handleIntent(intent, context),
    isolated: true,
    ...change,
  },
});

const look = { intent: 'demo.look', compensation: null } as const;
const plan = planned('looks', { steps: [step('a', [], look), step('b', ['a'], look)] });
const sleeper =
  (
    more: (context: Parameters<SampleHandler>[1]) => Promise<unknown>,
    last: (context: Parameters<SampleHandler>[1]) => Promise<unknown> = async () => null,
  ): SampleHandler =>
  async (_intent, context) => {
    const at = context.now();
    await context.step('first', async () => 1);
    await context.sleep('night', 60_000);
    await more(context);
    const n = context.random();
    await last(context);
    return resultOf({ at, n });
  };

describe('handlers that run again', () => {
  it('do the same, step by step, and the log is what it was', async () => {
    const { services, records, world } = await recorded(plan);
    const replay = await replayFully(ID, records, rerunInMemory(services));
    expect(replay).toMatchObject({ equal: true, firstDivergence: null });
    expect(replay.steps.map((one) => [one.stepId, one.verdict])).toEqual([
      ['a', 'equal'],
      ['b', 'equal'],
    ]);
    expect(await world.records()).toEqual(records);
    expect(await replayFully(ID, records, rerunInMemory(services))).toEqual(replay);
  });

  it('are named at the first record whose result is another one, with digests and place', async () => {
    const { services, records } = await recorded(plan);
    const [service] = services as [WorldService];
    const changed = isolated(service, {
      handleIntent: async (_intent, { stepId }) =>
        resultOf({ did: stepId === 'b' ? 'other' : stepId, items: [1, 2, 3] }),
    });
    const replay = await replayFully(ID, records, rerunInMemory([changed]));
    const seq = records.findLast((record) => record.type === 'step.succeeded')?.seq;
    expect(replay.firstDivergence).toMatchObject({ stepId: 'b', seq, pointer: '/events/0/data/did' });
    expect(findingsOf(replay)).toEqual([
      expect.stringMatching(/^seq \d+: forward\/b diverged: .* at \/events\/0\/data\/did \(/),
    ]);
  });

  it('are not run when they may have effects of their own, and that is not counted as equal', async () => {
    const { services, records } = await recorded(planned('works', { steps: [step('a')] }));
    const [service] = services as [ReturnType<typeof sampleService>];
    const seen = service.seen?.();
    const replay = await replayFully(ID, records, rerunInMemory(services));
    expect(replay).toMatchObject({ equal: false, firstDivergence: null, steps: [{ verdict: 'not_rerun' }] });
    expect(replay.steps[0]?.detail).toMatch(/^not_isolated/);
    expect(service.seen?.()).toEqual(seen);
  });

  it('may not report, ask for the session, or be missing', async () => {
    const { services, records } = await recorded(plan);
    const [service] = services as [WorldService];
    const asking = isolated(service, {
      handleIntent: async (_intent, context) => {
        await context.state.get('session', 'last').catch(() => null);
        return resultOf({ did: context.stepId, items: [1, 2, 3] });
      },
    });
    const [asked] = (await replayFully(ID, records, rerunInMemory([asking]))).steps;
    expect(asked).toMatchObject({
      verdict: 'not_rerun',
      detail: 'state_not_recorded: what last of the session was is not recorded',
    });
    expect(findingsOf(await replayFully(ID, records, rerunInMemory([])))[0]).toMatch(/nobody serves demo.look@1.0.0/);
  });
});

describe('a saga as code that runs again', () => {
  const again = async (handler: SampleHandler, changed: SampleHandler = handler) => {
    const { records, state } = await recorded(coded('sleeps', handler));
    const service = sampleService({ durable: true }, changed);
    const replay = await replayFully(ID, records, rerunInMemory([service]));
    return { replay, state, records };
  };

  it('gets its times, numbers and ends from its journal; no action runs', async () => {
    let actions = 0;
    const handler: SampleHandler = async (_intent, context) => {
      const drawn = [context.now(), context.random()];
      await context.step('first', async () => {
        actions += 1;
        return 1;
      });
      const fact = await context.fact('rate', async () => {
        actions += 1;
        return 3;
      });
      await context.sleep('night', 60_000);
      const child = await context.intent('demo.child', { n: 7 }, { id: 'child' });
      return resultOf({ drawn, fact, child: child.events.length });
    };
    const { replay, state } = await again(handler);
    expect([state.status, replay.equal, actions]).toEqual(['completed', true, 2]);
  });

  it.each<[string, SampleHandler, string, LogRecord['type']]>([
    [
      'something new',
      sleeper((context) => context.step('new', async () => 1)),
      'expected random random.4 as operation 4, got step new',
      'fact.recorded',
    ],
    [
      'something else',
      async (_intent, context) => resultOf({ n: await context.step('other', async () => 1) }),
      'expected now now.1 as operation 1, got step other',
      'fact.recorded',
    ],
    [
      'less',
      async (_intent, context) => resultOf({ at: context.now() }),
      'expected step first, got the end of the handler',
      'step.started',
    ],
    [
      'more',
      sleeper(
        async () => null,
        (context) => context.step('late', async () => 1),
      ),
      'expected nothing more, got step late',
      'step.succeeded',
    ],
  ])('is named when it does %s, with the record of the first operation', async (_name, changed, detail, type) => {
    const { replay, records } = await again(
      sleeper(async () => null),
      changed,
    );
    const { seq, ...divergence } = replay.firstDivergence as ReplayedStep;
    expect(divergence).toMatchObject({ stepId: 'main', verdict: 'diverged', detail });
    const record = records.find((one) => one.seq === seq);
    expect(record?.type).toBe(type);
    const op = /as operation (\d+)/.exec(detail)?.[1];
    if (op !== undefined) expect(record?.data).toMatchObject({ op: { ordinal: Number(op) } });
  });

  it('is compared by how it failed, too', async () => {
    const fails = sleeper(async (context) => {
      await context.fact('late', async () => 1);
      throw new Error('as ever');
    });
    const { replay, state } = await again(fails);
    expect([state.status, replay.equal, replay.steps.length]).toEqual(['failed', true, 1]);
  });
});
