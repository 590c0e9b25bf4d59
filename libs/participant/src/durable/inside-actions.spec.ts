import { describe, expect, it } from '@jest/globals';
import { commandsOf, sagaCall } from '../testing/call-saga.js';
import type { SagaContext } from './saga-context.js';

/** How a handler's first call ends, and what it reported before. */
async function outcomeOf(handle: (ctx: SagaContext) => Promise<unknown>) {
  const call = sagaCall(handle);
  const outcome = await call.outcome();
  return { outcome, reported: call.reports.flat() };
}

describe('inside an action', () => {
  it.each<[string, (ctx: SagaContext) => Promise<unknown>]>([
    ['a step', (ctx) => ctx.step('inner', async () => 1)],
    ['a sleep', (ctx) => ctx.sleep('inner', 1_000)],
    ['a fact', (ctx) => ctx.fact('inner', async () => 1)],
    ['a child', (ctx) => ctx.intent('demo.child', {}).then(() => 1)],
    ['a branch', (ctx) => ctx.all([(branch) => branch.step('inner', async () => 1)])],
    ['the time', async (ctx) => ctx.now()],
    ['state', async (ctx) => ctx.state.set('k', 1)],
  ])('%s of the saga is refused, and named', async (_name, use) => {
    const { outcome, reported } = await outcomeOf((ctx) =>
      ctx.step('outer', async () => {
        await use(ctx);
        return 1;
      }),
    );
    const said = [...reported, ...commandsOf(outcome)];
    expect(said.map(({ op }) => op)).toEqual(['step_start', 'step_fail']);
    expect(said.at(-1)).toMatchObject({
      outcome: 'definite',
      error: { code: 'contract_violation', message: expect.stringContaining('step outer uses the saga inside') },
    });
  });

  it('of a fact, too', async () => {
    const { outcome } = await outcomeOf((ctx) => ctx.fact('outer', async () => ctx.now()));
    expect(outcome).toMatchObject({
      status: 'failed',
      error: { code: 'contract_violation', message: expect.stringContaining('fact outer uses the saga inside') },
    });
  });

  it('everything else goes on as before, also side by side', async () => {
    const { outcome, reported } = await outcomeOf((ctx) =>
      ctx.all([(branch) => branch.step('one', async () => 1), (branch) => branch.step('two', async () => 2)]),
    );
    expect(outcome.status).toBe('succeeded');
    expect(reported.filter(({ op }) => op === 'step_start')).toHaveLength(2);
  });
});
