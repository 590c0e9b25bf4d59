import { describe, expect, test } from '@jest/globals';
import { behaving } from './behaviour.js';
import { endOf, later, type ProtocolBench, toldBy } from './protocol-port.js';
import { resultOf } from './scripted-participant.js';

/** Calls, keys and tokens. */
export function describeCalls(bench: ProtocolBench): void {
  describe('calls', () => {
    test('the handler gets the intent and the context, the Runtime gets the result', async () => {
      const told = { intentType: 'content.probe', tenantId: 'acme', userId: 'ada', roles: 'analyst', stepId: 'main' };
      const ids = { correlationId: 'correlation-1', logicalAttempt: 2, deliveryAttempt: 3 };
      const call = behaving([
        { do: 'tell', what: [...Object.keys({ ...told, ...ids }), 'executionId', 'idempotencyKey'] },
      ]);
      const { executionId, idempotencyKey } = call;
      expect(await bench.send({ ...call, logicalAttempt: 2, deliveryAttempt: 3 })).toEqual({
        status: 'succeeded',
        result: resultOf({ run: 1, ...told, ...ids, executionId, idempotencyKey }),
      });
    });

    test('a key that succeeded is answered with its outcome; the handler ran once', async () => {
      const call = behaving([]);
      const first = await bench.send(call);
      expect(first).toEqual({ status: 'succeeded', result: resultOf({ run: 1 }) });
      expect(await bench.send(later(call, 2))).toEqual(first);
      expect(await bench.send(later(call, 2))).toEqual(first);
    });

    test('a final failure is stored like a success', async () => {
      const call = behaving([{ do: 'fail', code: 'unreadable_record', message: 'record 12 is short' }]);
      const error = {
        code: 'unreadable_record',
        message: 'record 12 is short',
        retryable: false,
        details: { run: 1 },
      };
      expect(await bench.send(call)).toEqual({ status: 'failed', error });
      expect(await bench.send(later(call, 2))).toEqual({ status: 'failed', error });
    });

    test.each(['forward', 'undo'] as const)(
      'a final failure answers its own attempt; one that was asked for since runs again: %s',
      async (direction) => {
        const fails = { do: 'fail', code: 'unreadable_record', message: 'record 12 is short' } as const;
        const call = { ...behaving([fails], [fails], []), direction };
        const sent = async (n: number, logicalAttempt: number) =>
          toldBy(await bench.send({ ...later(call, n), logicalAttempt }));
        expect(await sent(1, 1)).toBe('unreadable_record final');
        expect(await sent(2, 1)).toBe('unreadable_record final');
        expect(await sent(3, 2)).toBe('unreadable_record final');
        expect(await sent(4, 2)).toBe('unreadable_record final');
        expect(await sent(5, 3)).toEqual({ run: 3 });
        expect(await sent(6, 4)).toEqual({ run: 3 });
      },
    );

    test('a retryable failure frees the key', async () => {
      const call = behaving([{ do: 'fail', code: 'mainframe_busy', message: 'try later', retryable: true }], []);
      expect(endOf(await bench.send(call))).toBe('mainframe_busy retryable');
      expect(toldBy(await bench.send(later(call, 2)))).toEqual({ run: 2 });
    });

    test('a lower token than seen is superseded, whatever is known: by n, and by epoch before n', async () => {
      const call = behaving([{ do: 'fail', code: 'busy', message: 'try later', retryable: true }], []);
      const sent = async (epoch: number, n: number) => toldBy(await bench.send({ ...call, callToken: { epoch, n } }));
      expect(await sent(2, 5)).toBe('busy retryable');
      expect(await sent(2, 4)).toBe('attempt_superseded');
      expect(await sent(1, 9)).toBe('attempt_superseded');
      expect(await sent(3, 0)).toEqual({ run: 2 });
      expect(await sent(2, 5)).toBe('attempt_superseded');
      expect(await sent(3, 1)).toEqual({ run: 2 });
    });

    test('of two overlapping calls the older is superseded at once and the newer gets the outcome of the one run', async () => {
      const hold = bench.hold();
      const call = behaving([hold.act]);
      const older = bench.send(call);
      await hold.arrived;
      const newer = bench.send(later(call, 2));
      expect(endOf(await older)).toBe('attempt_superseded');
      hold.open();
      expect(toldBy(await newer)).toEqual({ run: 1 });
    });

    test('the same call delivered twice runs once and is answered twice', async () => {
      const hold = bench.hold();
      const call = behaving([hold.act]);
      const both = [bench.send(call), bench.send(call)];
      await hold.arrived;
      hold.open();
      expect((await Promise.all(both)).map(toldBy)).toEqual([{ run: 1 }, { run: 1 }]);
    });

    test('calls with keys of their own run beside each other', async () => {
      const holds = [bench.hold(), bench.hold()];
      const outcomes = holds.map(({ act }) => bench.send(behaving([act])));
      await Promise.all(holds.map(({ arrived }) => arrived));
      for (const hold of holds) hold.open();
      expect((await Promise.all(outcomes)).map(endOf)).toEqual(['succeeded', 'succeeded']);
    });

    test('a capability that is not served here is refused, and may be tried elsewhere', async () => {
      const call = behaving([]);
      const unserved = { ...call, capability: { name: 'content.probe', version: '9.0.0' } };
      expect(endOf(await bench.send(unserved))).toBe('capability_unavailable retryable');
      expect(toldBy(await bench.send(call))).toEqual({ run: 1 });
    });

    test('what is undone is not done any more, also when its own call comes after its undo', async () => {
      const [call, undo] = [behaving([]), behaving([{ do: 'tell', what: ['direction'] }])];
      const undoes = { idempotencyKey: call.idempotencyKey, result: null };
      const undone = await bench.send({ ...undo, direction: 'undo', undoes });
      expect(toldBy(undone)).toEqual({ run: 1, direction: 'undo' });
      expect(endOf(await bench.send(later(call, 2)))).toBe('step_undone final');
      expect(endOf(await bench.send({ ...later(call, 3), logicalAttempt: 2 }))).toBe('step_undone final');
    });
  });
}
