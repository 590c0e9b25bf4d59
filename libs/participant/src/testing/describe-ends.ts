import type { CallOutcome, ParticipantCall } from '@intendant/intent-model';
import { describe, expect, test } from '@jest/globals';
import { type HandlerContext, StepFailure } from '../participant.js';
import type { ProtocolBench } from './protocol-port.js';
import { gate, resultOf } from './scripted-participant.js';

const never = (): Promise<never> => new Promise(() => undefined);
const circular = () => {
  const data: Record<string, unknown> = {};
  data.self = data;
  return { ...resultOf(), events: [{ eventType: 'a.b', data }] };
};
const untilAborted = ({ signal }: HandlerContext): Promise<never> =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

/** How calls end otherwise than by a result: cancel, deadline, probe, contract violations, thrown errors. */
export function describeEnds({ participant, harness }: ProtocolBench): void {
  const send = (call: ParticipantCall): Promise<CallOutcome> => harness().transport.call(call);
  const errorOf = async (call: ParticipantCall) => {
    const outcome = await send(call);
    return outcome.status === 'failed' ? outcome.error : outcome.status;
  };

  describe('ends', () => {
    test('a cancel aborts the handler; the call is still answered', async () => {
      const started = gate();
      const { call } = participant.script(async (_intent, context) => {
        started.open();
        return untilAborted(context);
      });
      const answered = errorOf(call);
      await started.opened;
      harness().transport.cancel({ idempotencyKey: call.idempotencyKey, callToken: call.callToken, reason: 'test' });
      expect(await answered).toMatchObject({ code: 'cancelled', retryable: true });
    });

    test('a handler that finishes in spite of a cancel has its result counted', async () => {
      const started = gate();
      const { call } = participant.script(async (_intent, context) => {
        started.open();
        await untilAborted(context).catch(() => undefined);
        return resultOf();
      });
      const answered = send(call);
      await started.opened;
      harness().transport.cancel({ idempotencyKey: call.idempotencyKey, callToken: call.callToken, reason: 'test' });
      expect(await answered).toEqual({ status: 'succeeded', result: resultOf() });
    });

    test('a cancel of an older call does not reach the newer one', async () => {
      const started = gate();
      const finish = gate();
      const { call } = participant.script(async (_intent, context) => {
        started.open();
        await finish.opened;
        return resultOf({ aborted: String(context.signal.aborted) });
      });
      const answered = send({ ...call, callToken: { epoch: 2, n: 1 } });
      await started.opened;
      const { transport } = harness();
      transport.cancel({ idempotencyKey: call.idempotencyKey, callToken: { epoch: 1, n: 7 }, reason: 'test' });
      // the answer to a probe says that the cancel before it has arrived
      expect(await transport.probe(call.idempotencyKey)).toEqual({ status: 'running' });
      finish.open();
      expect(await answered).toEqual({ status: 'succeeded', result: resultOf({ aborted: 'false' }) });
    });

    test('the deadline aborts the handler, and the key is free', async () => {
      const { call, runs } = participant.script(async (_intent, context) =>
        runs() === 1 ? untilAborted(context) : resultOf(),
      );
      expect(await errorOf({ ...call, timeoutMs: 40 })).toMatchObject({ code: 'step_timeout', retryable: true });
      expect(await errorOf({ ...call, callToken: { epoch: 1, n: 2 } })).toBe('succeeded');
    });

    test('a handler that ignores its signal is answered for, and its late result is kept', async () => {
      const finish = gate();
      const { call, runs } = participant.script(async () => {
        await finish.opened;
        return resultOf();
      });
      expect(await errorOf({ ...call, timeoutMs: 40 })).toMatchObject({ code: 'step_timeout', retryable: true });
      const again = send({ ...call, callToken: { epoch: 1, n: 2 } });
      finish.open();
      expect(await again).toEqual({ status: 'succeeded', result: resultOf() });
      expect(runs()).toBe(1);
    });

    test('the context tells the deadline', async () => {
      const { call } = participant.script(async (_intent, context) =>
        resultOf({ leftMs: context.deadlineAtMs - Date.now() }),
      );
      const outcome = await send({ ...call, timeoutMs: 5_000 });
      const leftMs = outcome.status === 'succeeded' ? outcome.result.events[0]?.data.leftMs : undefined;
      expect(leftMs).toBeLessThanOrEqual(5_000);
      expect(leftMs).toBeGreaterThan(1_000);
    });

    test('a probe tells settled, running and unknown apart, and runs nothing', async () => {
      const { transport } = harness();
      const started = gate();
      const finish = gate();
      const { call, runs } = participant.script(async () => {
        started.open();
        await finish.opened;
        return resultOf();
      });
      expect(await transport.probe(call.idempotencyKey)).toEqual({ status: 'unknown' });
      const answered = send(call);
      await started.opened;
      expect(await transport.probe(call.idempotencyKey)).toEqual({ status: 'running' });
      finish.open();
      const outcome = await answered;
      expect(await transport.probe(call.idempotencyKey)).toEqual({ status: 'settled', outcome });
      expect(runs()).toBe(1);
    });

    test('a key freed by a retryable failure is unknown to a probe', async () => {
      const { call } = participant.script(async () => {
        throw new StepFailure('busy', 'try later', { retryable: true });
      });
      await send(call);
      expect(await harness().transport.probe(call.idempotencyKey)).toEqual({ status: 'unknown' });
    });

    test.each([
      ['nothing', undefined],
      ['a text', 'done'],
      ['a part', { artifacts: [] }],
      ['a member too many', { ...resultOf(), success: true }],
      ['an artifact without meaning', { ...resultOf(), artifacts: [{ artifactId: 'file_1' }] }],
      [
        'a number that is none',
        { ...resultOf(), events: [{ eventType: 'a.b', data: { n: Number.POSITIVE_INFINITY } }] },
      ],
      ['an integer that a double cannot hold', { ...resultOf(), events: [{ eventType: 'a.b', data: { n: 2 ** 60 } }] }],
      ['half a character', { ...resultOf(), events: [{ eventType: 'a.b', data: { text: '\ud83d' } }] }],
      ['a big integer', { ...resultOf(), events: [{ eventType: 'a.b', data: { n: 1n } }] }],
      ['a date', { ...resultOf(), events: [{ eventType: 'a.b', data: { at: new Date(0) } }] }],
      ['a circle', circular()],
      ['what JSON cannot say', { ...resultOf(), stateChanges: [{ scope: 'session', key: 'a', value: Number.NaN }] }],
    ])('a result that breaks the contract is a final failure: %s', async (_what, returned) => {
      const { call, runs } = participant.script(async () => returned);
      expect(await errorOf(call)).toMatchObject({ code: 'contract_violation', retryable: false });
      expect(await errorOf({ ...call, callToken: { epoch: 1, n: 2 } })).toMatchObject({ code: 'contract_violation' });
      expect(runs()).toBe(1);
    });

    test('a member without a value is no member, and no fault', async () => {
      const { call } = participant.script(async () => ({
        ...resultOf(),
        events: [{ eventType: 'a.b', data: { note: undefined } }],
      }));
      const outcome = await send(call);
      expect(JSON.parse(JSON.stringify(outcome))).toMatchObject({
        status: 'succeeded',
        result: { events: [{ data: {} }] },
      });
    });

    test('an error without a code is handler_failed, retryable, and its text goes nowhere', async () => {
      const secret = `password=hunter2 ${'x'.repeat(5_000)}`;
      const { call } = participant.script(async () => {
        throw new TypeError(secret);
      });
      expect(await errorOf(call)).toEqual({
        code: 'handler_failed',
        message: 'the handler threw TypeError',
        retryable: true,
        details: null,
      });
    });

    test.each([
      [
        'a code that is none',
        new StepFailure('Not A Code', 'text'),
        { code: 'handler_failed', message: 'Not A Code: text', retryable: false },
      ],
      [
        'details that are no JSON',
        new StepFailure('odd', 'text', { details: { f: () => 1 } }),
        { code: 'odd', details: null },
      ],
      [
        'a message without end',
        new StepFailure('long', 'y'.repeat(9_000)),
        { code: 'long', message: 'y'.repeat(2_000) },
      ],
      [
        'no error at all',
        'just a text',
        { code: 'handler_failed', message: 'the handler threw a string', retryable: true },
      ],
    ])('a failure is made to fit: %s', async (_what, thrown, expected) => {
      const { call } = participant.script(async () => {
        throw thrown;
      });
      expect(await errorOf(call)).toMatchObject(expected);
    });

    test('a handler that never ends does not keep others from running', async () => {
      const { call: stuck } = participant.script(never);
      const answered = errorOf({ ...stuck, timeoutMs: 60 });
      const { call } = participant.script(async () => resultOf());
      expect(await errorOf(call)).toBe('succeeded');
      expect(await answered).toMatchObject({ code: 'step_timeout' });
    });

    test('intent and context are frozen all the way down', async () => {
      const { call } = participant.script(async (intent, context) => {
        const attempts: (() => unknown)[] = [
          () => Object.assign(intent, { tenantId: 'other' }),
          () => Object.assign(intent.payload, { script: 'other' }),
          () => Object.assign(context, { userId: 'eve' }),
          () => (context.roles as string[]).push('admin'),
          () => Object.assign(context.content, { read: never }),
          () => Object.assign(context.state, { get: never }),
          () => Object.assign(context.references, { artifact: () => ({}) }),
        ];
        const refused = attempts.filter((attempt) => {
          try {
            attempt();
            return false;
          } catch (error) {
            return error instanceof TypeError;
          }
        });
        return resultOf({ refused: `${refused.length} of ${attempts.length}`, who: context.userId });
      });
      expect(await send(call)).toEqual({ status: 'succeeded', result: resultOf({ refused: '7 of 7', who: 'ada' }) });
    });
  });
}
