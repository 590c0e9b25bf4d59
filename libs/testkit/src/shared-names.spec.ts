import type { Intent, ParticipantResult } from '@intendant/intent-model';
import { type HandlerContext, type SagaContext, StepFailure } from '@intendant/participant';
import { describe, expect, it } from '@jest/globals';
import { demoCapability } from '../test/demo-capability.js';
import { SagaWorld } from './saga-world.js';

const nothing: ParticipantResult = { artifacts: [], events: [], stateChanges: [] };
const undo = { compensate: { intent: 'demo.undo', input: { step: 'x' } } };

/** A saga as code that fails after `handler`, and what was undone then. */
async function failedAfter(handler: (ctx: SagaContext) => unknown) {
  const undone: unknown[] = [];
  const world = new SagaWorld([
    {
      service: 'demo',
      capabilities: [
        demoCapability('demo.saga', { durable: true }),
        demoCapability('demo.undo'),
        demoCapability('demo.child'),
      ],
      participant: {
        getSupportedIntents: () => ['demo.saga', 'demo.undo', 'demo.child'],
        handleIntent: async (intent: Intent, { direction }: HandlerContext) => {
          if (direction === 'undo') undone.push(intent.payload);
          return nothing;
        },
        handleSaga: async (_intent: Intent, ctx: SagaContext) => {
          await handler(ctx);
          throw new StepFailure('broken', 'asked to fail');
        },
      },
    },
  ]);
  await world.start();
  await world.submit('demo.saga', {});
  const { status, stuckReason } = await world.untilSettled();
  expect(world.process.broken).toEqual([]);
  return { status, stuckReason, undone };
}

const step = (ctx: SagaContext): Promise<unknown> => ctx.step('x', async () => 1, undo);
const child = (ctx: SagaContext, id = 'x'): Promise<unknown> => ctx.intent('demo.child', {}, { id });

describe('a step and a child of one name, of which the ledger has one', () => {
  it.each<[string, (ctx: SagaContext) => Promise<unknown>, string]>([
    ['after a step', async (ctx) => [await step(ctx), await child(ctx)], 'expected step x alone .*, got child x at #2'],
    [
      'after a child',
      async (ctx) => [await child(ctx), await step(ctx)],
      'expected child x alone .*, got step x at #2',
    ],
    ['in one report', (ctx) => ctx.all([step, (one) => child(one)]), 'expected step x alone .*, got child x at /1.1#1'],
  ])('stop the saga %s, and lose nothing that is to be undone', async (_when, handler, reason) => {
    expect(await failedAfter(handler)).toEqual({
      status: 'stuck',
      stuckReason: expect.stringMatching(new RegExp(`^determinism violation: ${reason}$`)),
      undone: [],
    });
  });

  it('do not stand for values, facts and waits, whose names are their own', async () => {
    const found = await failedAfter(async (ctx) => {
      await step(ctx);
      ctx.state.set('x', 1);
      await ctx.fact('x', async () => 1);
      await ctx.sleep('x', 10);
    });
    expect(found).toEqual({ status: 'compensated', stuckReason: null, undone: [{ step: 'x' }] });
  });

  it('have undos of their own when they have names of their own, reported together too', async () => {
    const found = await failedAfter((ctx) => ctx.all([step, (one) => child(one, 'y')]));
    expect(found).toEqual({ status: 'compensated', stuckReason: null, undone: [{ step: 'x' }] });
  });
});
