import { openWaits } from '@intendant/execution';
import type { Intent, ParticipantResult } from '@intendant/intent-model';
import { type HandlerContext, type SagaContext, StepFailure } from '@intendant/participant';
import { validateExecution } from '@intendant/replay';
import { describe, expect, it } from '@jest/globals';
import { demoCapability } from '../test/demo-capability.js';
import { SagaWorld } from './saga-world.js';

const result = (data: Record<string, unknown> = {}): ParticipantResult => ({
  artifacts: [],
  events: [{ eventType: 'demo.done', data: data as Record<string, never> }],
  stateChanges: [],
});

type Handler = (intent: Intent, ctx: SagaContext) => Promise<ParticipantResult>;

/** A world with one saga as code and two plain capabilities: `demo.undo`, counted, and `demo.child`. */
function worldOf(handler: Handler) {
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
        handleIntent: async (intent: Intent, context: HandlerContext) => {
          if (context.direction === 'undo') undone.push(intent.payload);
          if (intent.payload['fail'] === true) throw new StepFailure('no_way', 'asked to fail');
          return result({ ...intent.payload });
        },
        handleSaga: handler,
      },
    },
  ]);
  return { world, undone };
}

const run = async (handler: Handler, payload: Record<string, never> = {}) => {
  const made = worldOf(handler);
  await made.world.start();
  await made.world.submit('demo.saga', payload);
  const state = await made.world.untilSettled();
  return { ...made, state, types: (await made.world.records()).map((record) => record.type) };
};

describe('a saga as code', () => {
  it('runs its steps once and records them with the start of the next: steps + 1 entries', async () => {
    const ran: string[] = [];
    const { state, world } = await run(async (_intent, ctx) => {
      const a = await ctx.step('a', async () => ran.push('a'));
      const b = await ctx.step('b', async () => ran.push('b') + a);
      return result({ b });
    });
    expect([state.status, ran]).toEqual(['completed', ['a', 'b']]);
    expect(world.process.appends).toBe(1 + 3);
  });

  it('sleeps without a handler in memory, wakes, and skips what is recorded', async () => {
    let runs = 0;
    const ran: string[] = [];
    const { state, world } = await run(async (_intent, ctx) => {
      runs += 1;
      await ctx.step('a', async () => ran.push('a'));
      await ctx.sleep('night', 8 * 3_600_000);
      await ctx.step('b', async () => ran.push('b'));
      return result();
    });
    expect([state.status, runs, ran]).toEqual(['completed', 2, ['a', 'b']]);
    expect(world.time.nowMs()).toBeGreaterThanOrEqual(Date.parse(state.acceptedAt as string) + 8 * 3_600_000);
  });

  it('retries a step by its own rule, as a durable wait', async () => {
    let tries = 0;
    const { state, types } = await run(async (_intent, ctx) => {
      const value = await ctx.step('a', async () => {
        tries += 1;
        if (tries < 3) throw new StepFailure('busy', 'later', { retryable: true });
        return tries;
      });
      return result({ value });
    });
    expect([state.status, tries]).toEqual(['completed', 3]);
    expect(types.filter((type) => type === 'step.retry_scheduled')).toHaveLength(2);
    expect(state.events[0]?.data).toEqual({ value: 3 });
  });

  it('undoes what it registered, in reverse, when it fails for good', async () => {
    const { state, undone } = await run(async (_intent, ctx) => {
      await ctx.step('a', async () => 1, { compensate: { intent: 'demo.undo', input: { step: 'a' } } });
      await ctx.step('b', async () => 2, { compensate: { intent: 'demo.undo', input: { step: 'b' } } });
      await ctx.step('c', async () => {
        throw new StepFailure('broken', 'for good');
      });
      return result();
    });
    expect(state).toMatchObject({ status: 'compensated', error: { code: 'broken' } });
    expect(undone).toEqual([{ step: 'b' }, { step: 'a' }]);
  });

  it('hears neither answers nor signals any more once it has turned round', async () => {
    const { state, world } = await run(async (_intent, ctx) => {
      await ctx.step('a', async () => 1, { compensate: { intent: 'demo.undo', input: { fail: true } } });
      await ctx.all<unknown>([(one) => one.approval('release'), (one) => one.waitForSignal('go')]);
      return result();
    });
    const { supervisor } = world.process;
    const send = (...asked: Parameters<SagaWorld['signal']>) =>
      supervisor.signal(state.executionId, world.signal(...asked));
    expect(openWaits(state)).toHaveLength(2);
    await send('compensate');
    const turned = await world.untilSettled();
    expect([turned.status, openWaits(turned)]).toEqual(['stuck', []]);
    for (const type of ['approve', 'deny'] as const)
      expect(await send(type, { waitId: 'release' })).toEqual({
        kind: 'refused',
        refusal: { code: 'approval_not_open', detail: 'no approval release is awaited any more: the saga unwinds' },
      });
    expect(await send('application', { name: 'go' })).toMatchObject({ refusal: { code: 'signal_not_applicable' } });
  });

  it('goes on without an undo that failed for good once a person has undone by hand', async () => {
    const { state, world } = await run(async (_intent, ctx) => {
      await ctx.step('a', async () => 1, { compensate: { intent: 'demo.undo', input: { fail: true } } });
      throw new StepFailure('broken', 'for good');
    });
    expect(state).toMatchObject({ status: 'stuck', stuckReason: 'the undo of a failed for good with no_way' });
    const skip = world.signal('skip_step', { stepId: 'a' });
    expect(await world.process.supervisor.signal(state.executionId, skip)).toMatchObject({ kind: 'applied' });
    expect(await world.untilSettled()).toMatchObject({ status: 'compensated' });
    const entries = await world.wal.readStream(state.executionId);
    expect(validateExecution(state.executionId, entries).checks.filter((check) => !check.passed)).toEqual([]);
  });

  it('waits for signals and approvals, early ones too', async () => {
    const { world } = worldOf(async (_intent, ctx) => {
      const first = await ctx.waitForSignal('go');
      const approval = await ctx.approval('release', { prompt: 'Release?' });
      const late = await ctx.waitForSignal('never', { timeoutMs: 5_000 });
      return result({ first, approved: approval?.approved ?? null, late } as Record<string, unknown>);
    });
    await world.start();
    const id = await world.submit('demo.saga', {});
    const { supervisor } = world.process;
    await world.quiet();
    expect((await world.state()).status).toBe('waiting');
    await supervisor.signal(id, world.signal('application', { name: 'go', payload: { n: 1 } }));
    await world.quiet();
    await supervisor.signal(id, world.signal('approve', { waitId: 'release' }));
    const state = await world.untilSettled();
    expect(state.status).toBe('completed');
    expect(state.events[0]?.data).toEqual({ first: { n: 1 }, approved: true, late: null });
  });

  it('waits for several signals of one name, each wait with an id of its own in every run', async () => {
    const { world } = worldOf(async (_intent, ctx) => {
      const first = await ctx.waitForSignal('go');
      const second = await ctx.waitForSignal('go');
      const rest = await ctx.all(
        [1, 2].map(() => async (branch: SagaContext) => [
          await branch.waitForSignal('go'),
          await branch.waitForSignal('go'),
        ]),
      );
      return result({ got: [first, second, ...rest.flat()] });
    });
    await world.start();
    const id = await world.submit('demo.saga', {});
    for (const payload of [1, 2, 3, 4, 5, 6]) {
      await world.quiet();
      await world.process.supervisor.signal(id, world.signal('application', { name: 'go', payload }));
      if (payload % 2 === 0) await world.crash();
    }
    const state = await world.untilSettled();
    expect([state.status, state.stuckReason]).toEqual(['completed', null]);
    expect(new Set(state.events[0]?.data['got'] as number[])).toEqual(new Set([1, 2, 3, 4, 5, 6]));
    const waits = (await world.records()).flatMap((record) =>
      record.type === 'signal.awaited' ? record.data.waitId : [],
    );
    expect(waits.toSorted()).toEqual(['go', 'go.1-1.0', 'go.1-1.1', 'go.2', 'go.2-1.0', 'go.2-1.1']);
  });

  it('runs branches side by side, and a race settles the same way in every run', async () => {
    const winners: string[] = [];
    const { state } = await run(async (_intent, ctx) => {
      const winner = await Promise.race([
        ctx.sleep('short', 1_000).then(() => 'short'),
        ctx.sleep('long', 2_000).then(() => 'long'),
      ]);
      winners.push(winner);
      const both = await ctx.all([
        async (branch) => {
          const at = branch.now();
          return branch.step('left', async () => at);
        },
        async (branch) => branch.step('right', async () => 2),
      ]);
      await ctx.sleep('later', 10_000);
      return result({ winner, both: both.length });
    });
    expect(state.status).toBe('completed');
    expect(new Set(winners)).toEqual(new Set(['short']));
  });

  it('keeps facts, time, randomness and state as they were first', async () => {
    let asked = 0;
    const seen: unknown[] = [];
    const { state } = await run(async (_intent, ctx) => {
      const fact = await ctx.fact('rate', async () => {
        asked += 1;
        return asked;
      });
      const at = ctx.now();
      ctx.state.set('n', ((ctx.state.get('n') as number | null) ?? 0) + 1);
      await ctx.sleep('a', 60_000);
      seen.push([fact, at, ctx.random(), ctx.state.get('n')]);
      await ctx.sleep('b', 60_000);
      return result();
    });
    expect(state.status).toBe('completed');
    expect(asked).toBe(1);
    expect(seen).toHaveLength(2);
    expect(seen[0]).toEqual(seen[1]);
  });

  it('runs other intents as executions of its own', async () => {
    const { state, world } = await run(async (_intent, ctx) => {
      const child = await ctx.intent('demo.child', { n: 7 });
      return result({ child: child.events[0]?.data['n'] });
    });
    expect(state.status).toBe('completed');
    expect(state.events[0]?.data).toEqual({ child: 7 });
    const childId = (await world.records()).find((record) => record.type === 'child.started')?.data['childId' as never];
    expect((await world.state(childId)).status).toBe('completed');
  });

  it('is stuck, naming both, when its handler does something else than before', async () => {
    let runs = 0;
    const { state } = await run(async (_intent, ctx) => {
      runs += 1;
      await ctx.step(runs === 1 ? 'a' : 'other', async () => 1);
      await ctx.sleep('b', 1_000);
      return result();
    });
    expect(state).toMatchObject({
      status: 'stuck',
      stuckReason: expect.stringMatching(/expected step a as operation 1, got step other/),
    });
  });

  it('is stuck when its handler ends without what it did before', async () => {
    let runs = 0;
    const { state } = await run(async (_intent, ctx) => {
      runs += 1;
      if (runs === 1) await ctx.sleep('b', 1_000);
      return result();
    });
    expect(state.stuckReason).toMatch(/expected sleep b, got the end of the handler/);
  });

  it('goes on after a crash at every append, and no step that was recorded runs twice', async () => {
    for (let at = 1; at <= 8; at += 1)
      for (const fate of ['dies_before', 'dies_after'] as const) {
        const recorded: string[] = [];
        const { world } = worldOf(async (_intent, ctx) => {
          await ctx.step('a', async () => recorded.push('a'));
          await ctx.sleep('night', 1_000);
          await ctx.step('b', async () => recorded.push('b'));
          return result();
        });
        world.faults = { ...world.faults, onAppend: (n) => (n === at ? fate : 'durable') };
        await world.start();
        void world.submit('demo.saga', {});
        await world.quiet();
        while (world.process.dead === false && world.time.nextDueMs() !== undefined) {
          await world.time.pass((world.time.nextDueMs() as number) - world.time.nowMs());
          await world.quiet();
        }
        world.faults = { ...world.faults, onAppend: () => 'durable' };
        await world.crash();
        if ((await world.process.supervisor.read(`exe_${'e0'.repeat(16)}`)) === undefined) continue;
        const state = await world.untilSettled();
        expect([at, fate, state.status]).toEqual([at, fate, 'completed']);
      }
  });

  it('gives state back as it was at that place, in every run', async () => {
    const seen: unknown[][] = [];
    const { state } = await run(async (_intent, ctx) => {
      const run = [ctx.state.get('k')];
      seen.push(run);
      ctx.state.set('k', 'first');
      await ctx.sleep('a', 60_000);
      run.push(ctx.state.get('k'));
      ctx.state.set('k', 'second');
      await ctx.sleep('b', 60_000);
      run.push(ctx.state.get('k'));
      return result();
    });
    expect([state.status, seen.at(-1)]).toEqual(['completed', [null, 'first', 'second']]);
  });

  it('undoes a child that had completed', async () => {
    const { state, undone } = await run(async (_intent, ctx) => {
      await ctx.intent('demo.child', { n: 1 }, { compensate: { intent: 'demo.undo', input: { of: 'child' } } });
      throw new StepFailure('after', 'for good');
    });
    expect([state.status, undone]).toEqual(['compensated', [{ of: 'child' }]]);
  });

  it('undoes a child that completed after its parent had failed', async () => {
    const { state, undone } = await run(async (_intent, ctx) => {
      const undo = { compensate: { intent: 'demo.undo', input: { of: 'child' } } };
      await ctx.all<unknown>([
        (branch) => branch.intent('demo.child', { n: 1 }, undo),
        (branch) => branch.step('a', () => Promise.reject(new StepFailure('broken', 'for good'))),
      ]);
      return result();
    });
    expect([state.status, undone]).toEqual(['compensated', [{ of: 'child' }]]);
  });

  it('has failed when nothing that succeeded can be undone', async () => {
    const { state, types } = await run(async (_intent, ctx) => {
      await ctx.step('a', async () => 1);
      await ctx.step('b', async () => 1);
      throw new StepFailure('after', 'for good');
    });
    expect([state.status, types.at(-1)]).toEqual(['failed', 'execution.failed']);
  });

  it('undoes a step that can be undone behind one that cannot', async () => {
    const { state, undone } = await run(async (_intent, ctx) => {
      await ctx.step('a', async () => 1, { compensate: { intent: 'demo.undo', input: { step: 'a' } } });
      await ctx.step('b', async () => 1);
      throw new StepFailure('after', 'for good');
    });
    expect([state.status, undone]).toEqual(['compensated', [{ step: 'a' }]]);
  });

  it('counts the attempts of its handler anew when it has got on', async () => {
    let attempts = 0;
    const { state } = await run(async (_intent, ctx) => {
      attempts += 1;
      for (const id of ['a', 'b', 'c', 'd', 'e']) {
        let fresh = false;
        await ctx.step(id, async () => {
          fresh = true;
          return id;
        });
        if (fresh) throw new StepFailure('interrupted', 'after every step', { retryable: true });
      }
      return result();
    });
    expect([state.status, attempts]).toEqual(['completed', 6]);
  });

  it('runs out of attempts where it does not get on', async () => {
    let attempts = 0;
    const { state } = await run(async (_intent, ctx) => {
      attempts += 1;
      await ctx.step('a', async () => 1);
      throw new StepFailure('busy', 'always', { retryable: true });
    });
    expect([state.status, attempts]).toEqual(['failed', 3]);
  });
});
