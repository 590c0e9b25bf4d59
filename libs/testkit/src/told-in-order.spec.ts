import type { Intent, ParticipantResult } from '@intendant/intent-model';
import { type SagaContext, StepFailure } from '@intendant/participant';
import { replayFully } from '@intendant/replay';
import { describe, expect, it } from '@jest/globals';
import { demoCapability } from '../test/demo-capability.js';
import { NO_FAULTS } from './faults.js';
import { rerunInMemory } from './rerun-in-memory.js';
import { SagaWorld } from './saga-world.js';

const nothing: ParticipantResult = { artifacts: [], events: [], stateChanges: [] };
const undo = { compensate: { intent: 'demo.undo', input: {} } };
const broken = () => Promise.reject(new StepFailure('broken', 'for good'));

/** A world with one saga as code; what its handler returns is the data of its event. */
async function started(
  handler: (ctx: SagaContext, world: SagaWorld) => Promise<object>,
  arrange?: (of: SagaWorld) => void,
) {
  const world: SagaWorld = new SagaWorld([
    {
      service: 'demo',
      capabilities: [demoCapability('demo.saga', { durable: true }), demoCapability('demo.undo')],
      participant: {
        getSupportedIntents: () => ['demo.saga', 'demo.undo'],
        handleIntent: async () => nothing,
        handleSaga: async (_intent: Intent, ctx: SagaContext) => {
          const data = (await handler(ctx, world)) as Record<string, never>;
          return { ...nothing, events: [{ eventType: 'demo.done', data }] };
        },
      },
    },
  ]);
  arrange?.(world);
  await world.start();
  const id = await world.submit('demo.saga', {});
  return { world, id };
}

/** The first call does all it does, and nobody hears of its end. */
function loseFirstReply(world: SagaWorld): void {
  let lost = false;
  const onCall: SagaWorld['faults']['onCall'] = async (call, make) => {
    const outcome = await make();
    if (lost || call.stepId !== 'main') return outcome;
    lost = true;
    world.process.restartParticipants();
    return 'lost';
  };
  world.faults = { ...NO_FAULTS, onCall };
}

describe('a wait', () => {
  it.each<[string, (ctx: SagaContext) => Promise<unknown>]>([
    [
      'a signal after state',
      async (ctx) => [ctx.state.set('release', { approved: true }), await ctx.waitForSignal('release')],
    ],
    [
      'a signal after a fact',
      async (ctx) => [await ctx.fact('release', async () => 1), await ctx.waitForSignal('release')],
    ],
    [
      'an approval after state',
      async (ctx) => [ctx.state.set('release', { approved: true }), await ctx.approval('release')],
    ],
  ])('is not ended by a value of its name: %s', async (_what, wait) => {
    const { world } = await started(async (ctx) => ({ got: (await wait(ctx)) as never }));
    expect((await world.untilSettled()).status).toBe('waiting');
  });
});

describe('branches that go on after another has failed', () => {
  const saga = async (ctx: SagaContext, { time }: SagaWorld) => {
    await ctx.step('first', async () => 1, undo);
    await ctx.all<unknown>([
      (branch) => branch.step('a', broken),
      async (branch) => {
        await branch.step('b1', () => new Promise<number>((resolve) => void time.after(100, () => resolve(1))));
        await branch.step('b2', async () => 2);
      },
    ]);
    return {};
  };

  it('are met again when the reply of the first call was lost', async () => {
    const { world } = await started(saga, loseFirstReply);
    expect(await world.untilSettled()).toMatchObject({ status: 'compensated', error: { code: 'broken' } });
  });

  it('are met in a full replay, with as much as they had done', async () => {
    const { world, id } = await started(async (ctx, of) => {
      await ctx.all<unknown>([
        (branch) => saga(branch, of),
        async (branch) => {
          await branch.sleep('night', 60_000);
          await branch.step('c', async () => 3);
        },
      ]);
      return {};
    });
    expect((await world.untilSettled()).status).toBe('compensated');
    const replay = await replayFully(id, await world.records(), rerunInMemory(world.services));
    expect(replay).toMatchObject({ equal: true, firstDivergence: null });
  });
});

describe('a race', () => {
  type Racer = (ctx: SagaContext, ticks: number) => Promise<unknown>;
  const late = async (ticks: number) => {
    for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
    return ticks;
  };
  const racers: Record<string, Racer> = {
    'a step that succeeds': (ctx, ticks) => ctx.step('b', () => late(ticks)),
    'a fact': (ctx, ticks) => ctx.fact('b', () => late(ticks)),
    'a step that fails': (ctx, ticks) => ctx.step('b', () => late(ticks).then(broken)).catch(() => 0),
    'a step that may not begin': (ctx, ticks) =>
      late(ticks)
        .then(() => ctx.step('b', async () => 1, { compensate: { intent: 'demo.none', input: {} } }))
        .catch(() => 0),
    'a signal that came early': (ctx, ticks) => late(ticks).then(() => ctx.waitForSignal('go')),
  };
  const names = Object.keys(racers);
  const pairs = names.flatMap((one) => names.map((other) => [one, other] as const));

  it.each(pairs)('of %s and %s settles in the same way in every run', async (one, other) => {
    for (const ticks of [0, 1, 2, 3, 5, 8, 20]) {
      const winners: string[] = [];
      const { world, id } = await started(async (ctx) => {
        await ctx.sleep('at_first', 1_000);
        const winner = await Promise.race([
          racers[one]?.(only('one', ctx), 4).then(() => 'one'),
          racers[other]?.(only('other', ctx), ticks).then(() => 'other'),
        ]);
        winners.push(`${winner}`);
        await ctx.step(`after_${winner}`, async () => 1);
        await ctx.sleep('night', 1_000);
        return {};
      });
      await world.quiet();
      for (const name of ['one', 'other'])
        await world.process.supervisor.signal(id, world.signal('application', { name: `${name}_go`, payload: 1 }));
      const { status, stuckReason } = await world.untilSettled();
      expect([status, stuckReason, winners.length > 1, new Set(winners).size]).toEqual(['completed', null, true, 1]);
    }
  });

  /** The context, with names of its own. */
  function only(name: string, ctx: SagaContext): SagaContext {
    return {
      ...ctx,
      step: (id, ...more) => ctx.step(`${name}_${id}`, ...more),
      fact: (id, ...more) => ctx.fact(`${name}_${id}`, ...more),
      waitForSignal: (id, ...more) => ctx.waitForSignal(`${name}_${id}`, ...more),
    };
  }
});
