import { describe, expect, it } from '@jest/globals';
import { CALL_MS, sagaCall } from '../testing/call-saga.js';
import type { SagaContext } from './saga-context.js';

const cutOff = { status: 'failed', error: { code: 'step_timeout', retryable: true } };
const never = () => new Promise<never>(() => undefined);

describe('a saga as code whose call ends', () => {
  it.each<[string, (ctx: SagaContext) => Promise<unknown>]>([
    ['a step', (ctx) => ctx.step('slow', never)],
    ['a fact', (ctx) => ctx.fact('slow', never)],
    ['something that is no operation', never],
    ['a step that its handler does not wait for', async (ctx) => void ctx.step('slow', never)],
  ])('amid %s leaves its key free, and nothing to wait for', async (_what, handle) => {
    const { time, endpoint, outcome } = sagaCall(handle);
    const ended = outcome();
    await time.pass(CALL_MS);
    expect(await ended).toMatchObject(cutOff);
    expect([endpoint.running, time.timersSet]).toEqual([0, 0]);
    const drained = endpoint.drain(60_000);
    await time.pass(0);
    expect(time.timersSet).toBe(0);
    await drained;
  });

  it('amid a report ends as its call does', async () => {
    const { time, endpoint, outcome } = sagaCall((ctx) => ctx.step('a', async () => 1), never);
    const ended = outcome();
    await time.pass(CALL_MS);
    expect([await ended, endpoint.running]).toMatchObject([cutOff, 0]);
  });

  it('sooner than a step may take: no timer is set, for none goes beyond 24.8 days', async () => {
    const bounds = { below: CALL_MS - 1, of: CALL_MS, beyond: 30 * 86_400_000 };
    const { time, outcome } = sagaCall((ctx) =>
      ctx.all(
        Object.entries(bounds).map(
          ([id, timeoutMs]) =>
            (branch) =>
              branch.step(id, never, { timeoutMs }),
        ),
      ),
    );
    const after = time.after.bind(time);
    const delays: number[] = [];
    time.after = (delayMs, callback) => {
      delays.push(delayMs);
      return after(delayMs, callback);
    };
    const ended = outcome();
    await time.pass(CALL_MS);
    expect(await ended).toMatchObject(cutOff);
    expect([...new Set(delays)].sort((a, b) => a - b)).toEqual([bounds.below, bounds.of]);
    expect(delays.filter((delayMs) => delayMs === bounds.of)).toHaveLength(2); // of the call, and of who waits for it
  });
});
