import { describe, expect, it } from '@jest/globals';
import { commandsOf, sagaCall } from '../testing/call-saga.js';
import type { SagaContext } from './saga-context.js';

const done = async (): Promise<number> => 1;
const undo = { intent: 'demo.undo', input: {} };
const retry = { attemptsMax: 0, initialMs: 1, factor: 2, capMs: 1, nonRetryableCodes: [] };

describe('arguments of an operation', () => {
  it.each<[(ctx: SagaContext) => unknown, string]>([
    [(ctx) => ctx.sleep('s', 100 * 365 * 86_400_000), 'sleep s: durationMs must be 0 to 315576000000 ms (10 years)'],
    [(ctx) => ctx.sleep('s', undefined as never), 'sleep s: durationMs must be 0 to 315576000000 ms (10 years)'],
    [(ctx) => ctx.sleep('s', Number.NaN), 'sleep s: durationMs must be'],
    [
      (ctx) => ctx.step('é', done),
      'step "é": id must be 1–128 letters, digits, _ . or -, beginning with a small letter',
    ],
    [(ctx) => ctx.step('A', done), 'step A: id must be 1–128 letters'],
    [(ctx) => ctx.step('main', done), 'step main: id is a name that is taken'],
    [(ctx) => ctx.step(undefined as never, done), 'step undefined: id'],
    [(ctx) => ctx.step('a', done, { timeoutMs: -1 }), 'step a: timeoutMs must be 0'],
    [
      (ctx) => ctx.step('a', done, { compensate: { ...undo, timeoutMs: 5 } }),
      'step a: compensate.timeoutMs: Too small',
    ],
    [
      (ctx) => ctx.step('a', done, { compensate: { ...undo, intent: 'Undo' } }),
      'step a: compensate.intent must be {realm}',
    ],
    [(ctx) => ctx.step('a', done, { retry }), 'step a: retry.attemptsMax: Too small'],
    [(ctx) => ctx.waitForSignal('go', { timeoutMs: -5 }), 'waitForSignal go: timeoutMs must be 0'],
    [(ctx) => ctx.approval('ok', { prompt: 'x'.repeat(1_001) }), 'approval ok: prompt: Too big'],
    [(ctx) => ctx.intent('Words', {}, { id: 'w' }), 'intent w: intentType must be {realm}.{action} in lower case'],
    [
      (ctx) => ctx.intent('demo.child', { x: 'x'.repeat(1_048_576) }, { id: 'w' }),
      'intent w: payload has 1048584 characters',
    ],
    [
      (ctx) => ctx.step('a', done, { compensate: { ...undo, input: { at: new Date() as never } } }),
      'step a: compensate.input at /at: Date is not JSON',
    ],
    [(ctx) => ctx.fact('Rate', done), 'fact Rate: id must be'],
    [(ctx) => ctx.state.set('a b', 1), 'state "a b": id must be 1–128 letters, digits or . _ : / -'],
  ])('are refused where they are given: %#', async (use, message) => {
    const { reports, outcome } = sagaCall(async (ctx) => use(ctx));
    const ended = await outcome();
    expect(ended).toMatchObject({
      status: 'failed',
      error: { code: 'contract_violation', retryable: false, message: expect.stringContaining(message) },
    });
    expect([reports, commandsOf(ended)]).toEqual([[], []]);
  });

  it('in parts of a millisecond are rounded', async () => {
    const { reports, outcome } = sagaCall((ctx) => ctx.waitForSignal('go', { timeoutMs: 2.5 }));
    expect((await outcome()).status).toBe('suspended');
    expect(reports.flat()).toMatchObject([{ op: 'await_signal', timeoutMs: 3 }]);
  });
});
