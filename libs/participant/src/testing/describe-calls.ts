import type { CallOutcome, ParticipantCall } from '@intendant/intent-model';
import { describe, expect, test } from '@jest/globals';
import { StepFailure } from '../participant.js';
import type { ProtocolBench } from './protocol-port.js';
import { gate, resultOf } from './scripted-participant.js';

const later = (call: ParticipantCall, n: number): ParticipantCall => ({
  ...call,
  callToken: { ...call.callToken, n },
  deliveryAttempt: n,
});
const codeOf = (outcome: CallOutcome): string => (outcome.status === 'failed' ? outcome.error.code : outcome.status);

/** Calls, keys and tokens. */
export function describeCalls({ participant, harness }: ProtocolBench): void {
  const send = (call: ParticipantCall): Promise<CallOutcome> => harness().transport.call(call);

  describe('calls', () => {
    test('the handler gets the intent and the context, the Runtime gets the result', async () => {
      const { call } = participant.script(async (intent, context) =>
        resultOf({
          intent: intent.intentType,
          who: `${context.tenantId} ${context.userId} ${context.roles.join()}`,
          where: `${context.executionId} ${context.stepId} ${context.correlationId}`,
          attempts: `${context.logicalAttempt} ${context.deliveryAttempt}`,
        }),
      );
      expect(await send({ ...call, logicalAttempt: 2, deliveryAttempt: 3 })).toEqual({
        status: 'succeeded',
        result: resultOf({
          intent: 'content.probe',
          who: 'acme ada analyst',
          where: `${call.executionId} main correlation-1`,
          attempts: '2 3',
        }),
      });
    });

    test('a key that succeeded is answered with its outcome; the handler ran once', async () => {
      const { call, runs } = participant.script(async () => resultOf({ run: runs() }));
      const first = await send(call);
      expect(first).toEqual({ status: 'succeeded', result: resultOf({ run: 1 }) });
      expect(await send(later(call, 2))).toEqual(first);
      expect(await send(later(call, 2))).toEqual(first);
      expect(runs()).toBe(1);
    });

    test('a final failure is stored like a success', async () => {
      const details = { record: 12 };
      const { call, runs } = participant.script(async () => {
        throw new StepFailure('unreadable_record', 'record 12 is short', { details });
      });
      const error = { code: 'unreadable_record', message: 'record 12 is short', retryable: false, details };
      expect(await send(call)).toEqual({ status: 'failed', error });
      expect(await send(later(call, 2))).toEqual({ status: 'failed', error });
      expect(runs()).toBe(1);
    });

    test('a retryable failure frees the key', async () => {
      const { call, runs } = participant.script(async () => {
        if (runs() === 1) throw new StepFailure('mainframe_busy', 'try later', { retryable: true });
        return resultOf({ run: runs() });
      });
      expect(await send(call)).toMatchObject({ status: 'failed', error: { code: 'mainframe_busy', retryable: true } });
      expect(await send(later(call, 2))).toEqual({ status: 'succeeded', result: resultOf({ run: 2 }) });
    });

    test('a lower token than seen is superseded, whatever is known: by n, and by epoch before n', async () => {
      const { call, runs } = participant.script(async () => {
        if (runs() === 1) throw new StepFailure('busy', 'try later', { retryable: true });
        return resultOf();
      });
      expect(codeOf(await send({ ...call, callToken: { epoch: 2, n: 5 } }))).toBe('busy');
      expect(codeOf(await send({ ...call, callToken: { epoch: 2, n: 4 } }))).toBe('attempt_superseded');
      expect(codeOf(await send({ ...call, callToken: { epoch: 1, n: 9 } }))).toBe('attempt_superseded');
      expect(codeOf(await send({ ...call, callToken: { epoch: 3, n: 0 } }))).toBe('succeeded');
      expect(codeOf(await send({ ...call, callToken: { epoch: 2, n: 5 } }))).toBe('attempt_superseded');
      expect(runs()).toBe(2);
    });

    test('of two overlapping calls the older is superseded at once and the newer gets the outcome of the one run', async () => {
      const started = gate();
      const finish = gate();
      const { call, runs } = participant.script(async () => {
        started.open();
        await finish.opened;
        return resultOf({ run: runs() });
      });
      const older = send(call);
      await started.opened;
      const newer = send(later(call, 2));
      expect(codeOf(await older)).toBe('attempt_superseded');
      finish.open();
      expect(await newer).toEqual({ status: 'succeeded', result: resultOf({ run: 1 }) });
      expect(runs()).toBe(1);
    });

    test('the same call delivered twice runs once and is answered twice', async () => {
      const finish = gate();
      const { call, runs } = participant.script(async () => {
        await finish.opened;
        return resultOf();
      });
      const both = [send(call), send(call)];
      finish.open();
      expect((await Promise.all(both)).map(codeOf)).toEqual(['succeeded', 'succeeded']);
      expect(runs()).toBe(1);
    });

    test('calls with keys of their own run beside each other', async () => {
      const met = [gate(), gate()];
      const scripts = [0, 1].map((own) =>
        participant.script(async () => {
          met[own]?.open();
          await met[1 - own]?.opened;
          return resultOf();
        }),
      );
      const outcomes = await Promise.all(scripts.map(({ call }) => send(call)));
      expect(outcomes.map(codeOf)).toEqual(['succeeded', 'succeeded']);
    });

    test('a capability that is not served here is refused, and may be tried elsewhere', async () => {
      const { call, runs } = participant.script(async () => resultOf());
      const outcome = await send({ ...call, capability: { name: 'content.probe', version: '9.0.0' } });
      expect(outcome).toMatchObject({ status: 'failed', error: { code: 'capability_unavailable', retryable: true } });
      expect(runs()).toBe(0);
    });
  });
}
