import type { Intent, ParticipantResult } from '@intendant/intent-model';
import { type SagaContext, StepFailure } from '@intendant/participant';
import { describe, expect, it } from '@jest/globals';
import { demoCapability } from '../test/demo-capability.js';
import { NO_FAULTS } from './faults.js';
import { SagaWorld } from './saga-world.js';

const nothing: ParticipantResult = { artifacts: [], events: [], stateChanges: [] };

const child = (ctx: SagaContext) =>
  ctx.intent('demo.child', {}, { compensate: { intent: 'demo.undo', input: { of: 'child' } } });

/** A saga that did a step waits for a child whose outcome got lost, and may not be guessed. */
async function parentOfStuck(rest: (ctx: SagaContext) => Promise<unknown> = child) {
  const undone: string[] = [];
  const world = new SagaWorld([
    {
      service: 'demo',
      capabilities: [
        demoCapability('demo.saga', { sideEffects: 'effectful', durable: true }),
        demoCapability('demo.undo', { sideEffects: 'effectful' }),
        demoCapability('demo.child', { sideEffects: 'effectful', unknownOutcome: 'park' }),
      ],
      participant: {
        getSupportedIntents: () => ['demo.saga', 'demo.undo', 'demo.child'],
        handleIntent: async (intent: Intent) => {
          undone.push(intent.intentType);
          return nothing;
        },
        handleSaga: async (_intent: Intent, ctx: SagaContext) => {
          await ctx.step('a', async () => 1, { compensate: { intent: 'demo.undo', input: {} } });
          await rest(ctx);
          return nothing;
        },
      },
    },
  ]);
  world.faults = {
    ...NO_FAULTS,
    onCall: async (call, make) => (call.intent.intentType === 'demo.child' ? 'lost' : make()),
  };
  await world.start();
  const parentId = await world.submit('demo.saga', {});
  await world.quiet();
  const [childId] = Object.keys((await world.state(parentId)).durable?.children ?? {}) as [string];
  const signal = async (to: string, ...asked: Parameters<SagaWorld['signal']>) => {
    const outcome = await world.process.supervisor.signal(to, world.signal(...asked));
    await world.quiet();
    return outcome.kind;
  };
  const statuses = async () => [(await world.state(parentId)).status, (await world.state(childId)).status];
  return { world, parentId, childId, signal, statuses, undone };
}

describe('a parent whose child is stuck', () => {
  it('waits while it goes forward: the child may still be resolved', async () => {
    const { childId, signal, statuses, world } = await parentOfStuck();
    expect(await statuses()).toEqual(['waiting', 'stuck']);
    await signal(childId, 'resolve_step', { stepId: 'main', outcome: 'succeeded' });
    expect((await world.untilSettled()).status).toBe('completed');
  });

  it('is stuck itself once it is cancelled, and says for want of which child', async () => {
    const { parentId, childId, signal, statuses, undone, world } = await parentOfStuck();
    expect(await signal(parentId, 'cancel')).toBe('applied');
    expect(await statuses()).toEqual(['stuck', 'stuck']);
    expect((await world.state()).stuckReason).toMatch(`child ${childId} is stuck: outcome of attempt 1 of main`);
    expect(undone).toEqual([]);
  });

  it('goes on with the child: what was done is undone then', async () => {
    const { parentId, childId, signal, statuses, undone } = await parentOfStuck();
    await signal(parentId, 'cancel');
    await signal(childId, 'resolve_step', { stepId: 'main', outcome: 'succeeded' });
    expect([await statuses(), undone]).toEqual([
      ['cancelled', 'completed'],
      ['demo.undo', 'demo.undo'],
    ]);
  });

  it('is stuck when its own handler has failed, and goes on with the child', async () => {
    const failing = (ctx: SagaContext) => ctx.step('b', () => Promise.reject(new StepFailure('broken', 'for good')));
    const { childId, signal, statuses, undone } = await parentOfStuck((ctx) => ctx.all<unknown>([child, failing]));
    expect([await statuses(), undone]).toEqual([['stuck', 'stuck'], []]);
    await signal(childId, 'resolve_step', { stepId: 'main', outcome: 'succeeded' });
    expect([await statuses(), undone]).toEqual([
      ['compensated', 'completed'],
      ['demo.undo', 'demo.undo'],
    ]);
  });

  it('is stuck as soon as the child is, when it was cancelled before', async () => {
    const { parentId, childId, signal, statuses } = await parentOfStuck();
    await signal(childId, 'retry_step', { stepId: 'main' });
    await signal(parentId, 'cancel');
    expect(await statuses()).toEqual(['stuck', 'stuck']);
  });

  it('is taken up with its child by a process that never saw either move', async () => {
    const { parentId, childId, signal, statuses, world } = await parentOfStuck();
    await signal(parentId, 'cancel');
    await world.crash();
    await signal(childId, 'resolve_step', { stepId: 'main', outcome: 'failed' });
    expect(await statuses()).toEqual(['cancelled', 'failed']);
    expect(world.process.broken).toEqual([]);
  });

  it('looks at the child again when a person says so, and ends without it on an emergency stop', async () => {
    const { parentId, signal, statuses, world } = await parentOfStuck();
    await signal(parentId, 'cancel');
    expect(await signal(parentId, 'retry_step', { stepId: 'a' })).toBe('refused');
    expect(await signal(parentId, 'retry_step', { stepId: 'demo.child' })).toBe('applied');
    expect(await statuses()).toEqual(['stuck', 'stuck']);
    expect((await world.records(parentId)).filter(({ type }) => type === 'execution.stuck')).toHaveLength(2);
    await signal(parentId, 'emergency_stop');
    expect(await statuses()).toEqual(['cancelled', 'stuck']);
  });
});
