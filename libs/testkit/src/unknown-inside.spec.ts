import type { Intent, ParticipantResult } from '@intendant/intent-model';
import { type SagaContext, SagaStepError, StepFailure } from '@intendant/participant';
import { describe, expect, it } from '@jest/globals';
import { demoCapability } from '../test/demo-capability.js';
import { SagaWorld } from './saga-world.js';

const retry = { attemptsMax: 2, initialMs: 100, factor: 1, capMs: 100, nonRetryableCodes: [] };
const undo = { compensate: { intent: 'demo.undo', input: {} } };
const nothing: ParticipantResult = { artifacts: [], events: [], stateChanges: [] };
type Handler = (ctx: SagaContext, act: (id: string) => Promise<number>) => Promise<unknown>;

/** A saga as code whose actions never say anything until `answer` lets them; what its handler returned is its event. */
async function worldOf(handler: Handler) {
  const seen = { actions: [] as string[], undone: 0, answers: false };
  const act = (id: string) => {
    seen.actions.push(id);
    return seen.answers ? Promise.resolve(seen.actions.length) : new Promise<number>(() => undefined);
  };
  const world = new SagaWorld([
    {
      service: 'demo',
      capabilities: [demoCapability('demo.saga', { durable: true }), demoCapability('demo.undo')],
      participant: {
        getSupportedIntents: () => ['demo.saga', 'demo.undo'],
        handleIntent: async () => {
          seen.undone += 1;
          return nothing;
        },
        handleSaga: async (_intent: Intent, ctx: SagaContext) => {
          const data = { returned: (await handler(ctx, act)) as string };
          return { ...nothing, events: [{ eventType: 'demo.done', data }] };
        },
      },
    },
  ]);
  await world.start();
  const id = await world.submit('demo.saga', {});
  await world.untilSettled();
  const send = async (...asked: Parameters<SagaWorld['signal']>) => {
    const outcome = await world.process.supervisor.signal(id, world.signal(...asked));
    await world.untilSettled();
    return outcome.kind === 'refused' ? outcome.refusal : outcome.kind;
  };
  const ended = async () => {
    const { status, stuckReason, error, events, timers } = await world.state();
    expect(world.process.broken).toEqual([]);
    expect(status === 'stuck' || Object.keys(timers).length === 0).toBe(true);
    return { status, reason: stuckReason, code: error?.code, returned: events[0]?.data['returned'] };
  };
  return { world, id, seen, send, ended };
}

const bounded = { timeoutMs: 1_000, retry };
const one: Handler = async (ctx, act) => {
  await ctx.step('a', async () => 1, undo);
  return ctx.step('x', () => act('x'), bounded);
};

describe('a step of unknown outcome inside a handler', () => {
  it('makes the saga stuck, and its name is what a person reads', async () => {
    const { ended, seen, world } = await worldOf(one);
    expect(await ended()).toMatchObject({
      status: 'stuck',
      reason: 'outcome of attempt 2 of x is unknown (step_timeout) and may not be guessed',
    });
    expect(seen.actions).toEqual(['x', 'x']);
    const last = (await world.records()).findLast((record) => record.type === 'execution.stuck');
    expect(last?.data).toMatchObject({ stepId: 'x' });
  });

  it('is named beside the others that are unknown, and the saga stays stuck until all are known', async () => {
    const { ended, send } = await worldOf(async (ctx, act) =>
      ctx.all(['x', 'y'].map((id) => (branch: SagaContext) => branch.step(id, () => act(id), bounded))),
    );
    expect((await ended()).reason).toMatch(/of x is unknown .*; unknown are x, y$/);
    await send('resolve_step', { stepId: 'x', outcome: 'succeeded', value: 1 });
    expect(await ended()).toMatchObject({ status: 'stuck', reason: expect.stringMatching(/of y is unknown/) });
    await send('resolve_step', { stepId: 'y', outcome: 'succeeded', value: 2 });
    expect(await ended()).toMatchObject({ status: 'completed', returned: [1, 2] });
  });

  it.each([7, 'seven', null, { n: [7] }])('is resolved with the value %j, and the saga goes on', async (value) => {
    const { ended, send } = await worldOf(one);
    expect(await send('resolve_step', { stepId: 'x', outcome: 'succeeded', value })).toBe('applied');
    expect(await ended()).toMatchObject({ status: 'completed', returned: value });
  });

  it('is resolved by a process that never saw it, in the same way', async () => {
    const { ended, send, world } = await worldOf(one);
    await world.crash();
    await send('resolve_step', { stepId: 'x', outcome: 'succeeded', value: 7 });
    await world.crash();
    expect(await ended()).toMatchObject({ status: 'completed', returned: 7 });
  });

  it('fails in the handler when a person says that it failed, definitely', async () => {
    const { ended, send } = await worldOf(async (ctx, act) => {
      try {
        return await ctx.step('x', () => act('x'), bounded);
      } catch (error) {
        return ctx.step('instead', async () => (error as SagaStepError).error.code);
      }
    });
    await send('resolve_step', { stepId: 'x', outcome: 'failed' });
    expect(await ended()).toMatchObject({ status: 'completed', returned: 'resolved_as_failed' });
  });

  it('ends the saga when nothing catches its failure, and what was done is undone', async () => {
    const { ended, seen, send } = await worldOf(one);
    await send('resolve_step', { stepId: 'x', outcome: 'failed' });
    expect([await ended(), seen.undone]).toMatchObject([{ status: 'compensated', code: 'resolved_as_failed' }, 1]);
  });

  it('runs again when a person says so, with the next attempt', async () => {
    const { ended, seen, send } = await worldOf(one);
    expect(await send('retry_step', { stepId: 'x' })).toBe('applied');
    expect(await ended()).toMatchObject({ status: 'stuck', reason: expect.stringMatching(/attempt 3 of x/) });
    seen.answers = true;
    await send('retry_step', { stepId: 'x' });
    expect([await ended(), seen.actions.length]).toMatchObject([{ status: 'completed', returned: 4 }, 4]);
  });

  it.each(['resolve_step', 'retry_step'] as const)(
    'amid which its handler was lost: %s calls it again',
    async (type) => {
      const { ended, seen, send } = await worldOf((ctx, act) => ctx.step('x', () => act('x')));
      expect(await ended()).toMatchObject({
        status: 'stuck',
        reason: expect.stringMatching(/of x is unknown .handler_ended/),
      });
      await send('retry_step', { stepId: 'x' });
      expect((await ended()).status).toBe('stuck');
      seen.answers = true;
      expect(
        await send(type, { stepId: 'x', ...(type === 'resolve_step' && { outcome: 'succeeded', value: 4 }) }),
      ).toBe('applied');
      expect(await ended()).toMatchObject({ status: 'completed', returned: expect.any(Number) });
    },
  );

  it('amid which its call ended is run again by the next call', async () => {
    let tries = 0;
    const { ended, world } = await worldOf((ctx) =>
      ctx.step('x', () => {
        tries += 1;
        return tries === 1 ? new Promise<number>(() => undefined) : Promise.resolve(tries);
      }),
    );
    expect(await ended()).toMatchObject({ status: 'completed', returned: 2 });
    expect((await world.state()).steps.get('main')?.attempt).toBe(2);
  });

  it('is found while another branch waits for a signal, and its call was cut off', async () => {
    const { ended } = await worldOf((ctx, act) =>
      ctx.all<unknown>([(branch) => branch.step('x', () => act('x')), (branch) => branch.waitForSignal('go')]),
    );
    expect(await ended()).toMatchObject({ status: 'stuck', reason: expect.stringMatching(/of x is unknown/) });
  });

  it('leaves nothing to say about the handler before it is known itself', async () => {
    const { ended, send } = await worldOf(one);
    for (const asked of [
      { stepId: 'main', outcome: 'succeeded' },
      { stepId: 'main', outcome: 'failed' },
    ])
      expect(await send('resolve_step', asked)).toMatchObject({ code: 'signal_not_applicable', detail: /x$/ });
    expect(await send('retry_step', { stepId: 'main' })).toMatchObject({ detail: expect.stringMatching(/: x$/) });
    expect((await ended()).status).toBe('stuck');
  });

  it('takes a value and no result, a call the other way round', async () => {
    const { send } = await worldOf(one);
    const result = { stepId: 'x', outcome: 'succeeded', result: { ...nothing } } as never;
    expect(await send('resolve_step', result)).toMatchObject({
      code: 'signal_invalid_payload',
      field: '/payload/result',
    });
  });

  it('is asked for after a cancellation, too, before anything is undone', async () => {
    const { ended, seen, send } = await worldOf(one);
    await send('cancel');
    expect(await ended()).toMatchObject({ status: 'stuck', reason: expect.stringMatching(/of x is unknown/) });
    expect(await send('retry_step', { stepId: 'x' })).toMatchObject({ code: 'signal_not_applicable' });
    await send('resolve_step', { stepId: 'x', outcome: 'succeeded' });
    expect([await ended(), seen.undone]).toMatchObject([{ status: 'cancelled' }, 1]);
  });

  it('that waits for its next attempt when the saga turns round is asked for as well', async () => {
    const { world, ended, id, send } = await worldOf(async (ctx, act) => {
      await ctx.waitForSignal('go');
      return one(ctx, act);
    });
    await world.process.supervisor.signal(id, world.signal('application', { name: 'go' }));
    await world.quiet();
    await world.time.pass(1_000);
    await world.quiet();
    expect((await world.state()).steps.get('x')?.status).toBe('awaiting_retry');
    await send('cancel');
    expect(await ended()).toMatchObject({ status: 'stuck', reason: expect.stringMatching(/attempt 1 of x/) });
    await send('resolve_step', { stepId: 'x', outcome: 'failed' });
    expect((await ended()).status).toBe('cancelled');
  });

  it('that waits for its next attempt when its handler fails is asked for as well', async () => {
    const { ended, send } = await worldOf(async (ctx, act) =>
      ctx.all<unknown>([
        (branch) => branch.step('x', () => act('x'), { timeoutMs: 10, retry }),
        async (branch) => {
          await branch.step('y', () => act('y'), { timeoutMs: 20, retry: { ...retry, initialMs: 10 } }).catch(() => 0);
          throw new StepFailure('broken', 'for good');
        },
      ]),
    );
    expect((await ended()).status).toBe('stuck');
    await send('resolve_step', { stepId: 'y', outcome: 'failed' });
    expect((await ended()).reason).toMatch(/of x is unknown/);
    await send('resolve_step', { stepId: 'x', outcome: 'failed' });
    expect(await ended()).toMatchObject({ code: 'broken' });
  });

  it('is not tried again once its handler was told that it failed', async () => {
    const { send } = await worldOf(async (ctx, act) => {
      await ctx.step('z', () => Promise.reject(new StepFailure('no_way', 'for good'))).catch(() => 0);
      return one(ctx, act);
    });
    expect(await send('retry_step', { stepId: 'z' })).toMatchObject({ code: 'signal_not_applicable' });
  });
});
