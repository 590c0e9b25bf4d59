import type { Intent, ParticipantResult } from '@intendant/intent-model';
import { type SagaContext, SagaStepError, StepFailure } from '@intendant/participant';
import { replayFully } from '@intendant/replay';
import { describe, expect, it } from '@jest/globals';
import { demoCapability } from '../test/demo-capability.js';
import { rerunInMemory } from './rerun-in-memory.js';
import type { WorldService } from './saga-ground.js';
import { SagaWorld } from './saga-world.js';

const nothing: ParticipantResult = { artifacts: [], events: [], stateChanges: [] };
const undoneBy = (intent: string) => ({ compensate: { intent, input: {} } });

/** A saga as code of one service, beside another service; what ran where. */
async function settled(handler: (ctx: SagaContext, ran: string[]) => Promise<string>) {
  const ran: string[] = [];
  const plain = async (intent: Intent) => {
    ran.push(intent.intentType);
    return nothing;
  };
  const services: WorldService[] = [
    {
      service: 'demo',
      capabilities: [demoCapability('demo.saga', { durable: true }), demoCapability('demo.undo')],
      participant: {
        isolated: true,
        getSupportedIntents: () => ['demo.saga', 'demo.undo'],
        handleIntent: plain,
        handleSaga: async (_intent: Intent, ctx: SagaContext) => ({
          ...nothing,
          events: [{ eventType: 'demo.done', data: { returned: await handler(ctx, ran) } }],
        }),
      },
    },
    {
      service: 'other',
      capabilities: [demoCapability('demo.foreign'), demoCapability('demo.look')],
      participant: { getSupportedIntents: () => ['demo.foreign', 'demo.look'], handleIntent: plain },
    },
  ];
  const world = new SagaWorld(services);
  await world.start();
  const id = await world.submit('demo.saga', {});
  const { status, error, events } = await world.untilSettled();
  expect(world.process.broken).toEqual([]);
  const records = await world.records();
  const replay = await replayFully(id, records, rerunInMemory(services));
  const changes = records.flatMap((one) => (one.type === 'state.changed' ? [[one.data.key, one.data.value]] : []));
  const ended = { status, code: error?.code, returned: events[0]?.data['returned'], ran, equal: replay.equal };
  return { ...ended, ...(changes.length > 0 && { changed: Object.fromEntries(changes) }) };
}

const codeOf = (thrown: unknown): string => {
  if (!(thrown instanceof SagaStepError)) throw thrown;
  return thrown.error.code;
};

const UNFIT = [
  ['nobody answers', 'demo.nothing', 'capability_not_found'],
  ['another service serves', 'demo.foreign', 'action_not_permitted'],
  ['is a saga itself', 'demo.saga', 'contract_violation'],
] as const;

describe('an undo that a saga as code may not name', () => {
  it.each(UNFIT)('bars the step when %s it; the handler learns why, and what was done before stays', async (...row) => {
    const [, intent, code] = row;
    const found = await settled(async (ctx, ran) => {
      await ctx.step('ok', async () => 1, undoneBy('demo.undo'));
      const step = ctx.step('barred', async () => ran.push('action'), undoneBy(intent));
      return step.then(() => 'it ran', codeOf);
    });
    expect(found).toEqual({ status: 'completed', code: undefined, returned: code, ran: [], equal: true });
  });

  it.each(UNFIT)('bars the child when %s it', async (_what, intent, code) => {
    const found = await settled((ctx) =>
      ctx.intent('demo.look', {}, undoneBy(intent)).then(
        () => 'it ran',
        (thrown) => codeOf(thrown),
      ),
    );
    expect(found).toEqual({ status: 'completed', code: undefined, returned: code, ran: [], equal: true });
  });

  it('bars nothing else that has the name of the step', async () => {
    const found = await settled(async (ctx) => {
      const barred = ctx.step('same', async () => 1, undoneBy('demo.foreign'));
      ctx.state.set('same', 'kept');
      await barred.catch(codeOf);
      await ctx.step('total', async () => 1);
      ctx.state.set('total', 'kept, too');
      return 'done';
    });
    expect(found).toMatchObject({ returned: 'done', changed: { same: 'kept', total: 'kept, too' } });
  });

  it('unwinds what was done before when the handler does not catch it', async () => {
    const found = await settled(async (ctx) => {
      await ctx.step('ok', async () => 1, undoneBy('demo.undo'));
      await ctx.step('barred', async () => 1, undoneBy('demo.foreign'));
      return 'not reached';
    });
    expect(found).toMatchObject({ status: 'compensated', code: 'action_not_permitted', ran: ['demo.undo'] });
  });

  it('undoes a child by an intent of the service of the saga', async () => {
    const found = await settled(async (ctx) => {
      await ctx.intent('demo.look', {}, undoneBy('demo.undo'));
      throw new StepFailure('after', 'x');
    });
    expect(found).toMatchObject({ status: 'compensated', ran: ['demo.look', 'demo.undo'] });
  });
});
