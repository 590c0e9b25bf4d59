import type { Intent, ParticipantResult } from '@intendant/intent-model';
import type { JsonValue } from '@intendant/kernel';
import type { SagaContext } from '@intendant/participant';
import { replayFully } from '@intendant/replay';
import { describe, expect, it } from '@jest/globals';
import { demoCapability } from '../test/demo-capability.js';
import { rerunInMemory } from './rerun-in-memory.js';
import { SagaWorld } from './saga-world.js';

const result = (data: Record<string, JsonValue> = {}): ParticipantResult => ({
  artifacts: [],
  events: [{ eventType: 'demo.done', data: data as Record<string, never> }],
  stateChanges: [],
});

type Loose = Record<string, JsonValue>;

/** What a careless handler keeps hold of, and what JSON makes of it. */
const loose = (): Loose => ({ list: [1], gone: undefined, minus: -0 }) as unknown as Loose;
const KEPT = { list: [1], minus: 0 };

/** Whoever is handed a value may do this to it. */
function spoil<Value>(value: Value): Value {
  const list = (value as { list?: JsonValue[] }).list;
  list?.push('spoilt');
  (value as { extra?: string }).extra = 'spoilt';
  return value;
}

/**
 * Runs a saga as code that tells what it was handed, spoils it, and sleeps: so it is run twice, and what it tells last is
 * compared in a full replay, too.
 */
async function runTwice(handler: (ctx: SagaContext, tell: (value: unknown) => void) => Promise<unknown>) {
  const runs: unknown[][] = [];
  const seen = { children: [] as unknown[], undone: [] as unknown[] };
  const services = [
    {
      service: 'demo',
      capabilities: [
        demoCapability('demo.saga', { durable: true }),
        demoCapability('demo.undo'),
        demoCapability('demo.child'),
      ],
      participant: {
        getSupportedIntents: () => ['demo.saga', 'demo.undo', 'demo.child'],
        handleIntent: async ({ intentType, payload }: Intent) => {
          seen[intentType === 'demo.undo' ? 'undone' : 'children'].push(payload);
          return result({ list: [1] });
        },
        handleSaga: async (_intent: Intent, ctx: SagaContext) => {
          const told: unknown[] = [];
          runs.push(told);
          await handler(ctx, (value) => void told.push(structuredClone(value)));
          await ctx.sleep('night', 1_000);
          return result({ told: structuredClone(told) as JsonValue[] });
        },
      },
    },
  ];
  const world = new SagaWorld(services);
  await world.start();
  const id = await world.submit('demo.saga', {});
  const state = await world.untilSettled();
  expect([state.status, world.process.broken]).toEqual(['completed', []]);
  const records = await world.records();
  const live = runs.filter((told) => told.length > 0);
  expect((await replayFully(id, records, rerunInMemory(services))).equal).toBe(true);
  return { runs: live, seen, records };
}

describe('what a handler is handed is its own, and the same in every run', () => {
  it.each<[string, (ctx: SagaContext, given: Loose) => Promise<JsonValue>]>([
    ['a step', (ctx, given) => ctx.step('a', async () => given)],
    ['a fact', (ctx, given) => ctx.fact('a', async () => given)],
  ])('the value of %s', async (_what, operation) => {
    const { runs, records } = await runTwice(async (ctx, tell) => {
      const given = loose();
      const value = await operation(ctx, given);
      spoil(given);
      tell(value);
      spoil(value);
    });
    expect(runs.length).toBeGreaterThan(1);
    for (const told of runs) expect(told).toStrictEqual([KEPT]);
    const recorded = records.find(({ data }) => 'value' in data)?.data as { value: unknown };
    expect(recorded.value).toEqual(KEPT);
  });

  it('what it set as state', async () => {
    const { runs, records } = await runTwice(async (ctx, tell) => {
      const given = loose();
      ctx.state.set('a', given);
      spoil(given);
      tell(spoil(ctx.state.get('a')) === ctx.state.get('a'));
      tell(ctx.state.get('a'));
    });
    for (const told of runs) expect(told).toStrictEqual([false, KEPT]);
    expect(records.find(({ type }) => type === 'state.changed')?.data).toMatchObject({ value: KEPT });
  });

  it('the result of a child, which gets the payload as it was when it was asked for', async () => {
    const { runs, seen } = await runTwice(async (ctx, tell) => {
      const payload = loose();
      const asked = ctx.intent('demo.child', payload);
      spoil(payload);
      const { events } = await asked;
      tell(events[0]?.data);
      spoil(events[0]?.data);
    });
    expect(runs.length).toBeGreaterThan(1);
    for (const told of runs) expect(told).toStrictEqual([{ list: [1] }]);
    expect(seen.children).toEqual([KEPT]);
  });

  it('the input of an undo, as it was when the step was asked for', async () => {
    const { records } = await runTwice(async (ctx) => {
      const input = loose();
      const asked = ctx.step('a', async () => 1, { compensate: { intent: 'demo.undo', input } });
      spoil(input);
      await asked;
    });
    expect(records.find(({ type }) => type === 'compensation.registered')?.data).toMatchObject({ input: KEPT });
  });
});
