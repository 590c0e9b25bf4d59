import { describe, expect, test } from '@jest/globals';
import { type Act, behaving } from './behaviour.js';
import { endOf, later, type ProtocolBench, toldBy } from './protocol-port.js';

/** How calls end otherwise than by a result: cancel, deadline, probe, contract violations, thrown errors. */
export function describeEnds(bench: ProtocolBench): void {
  describe('ends', () => {
    test('a cancel aborts the handler; the call is still answered', async () => {
      const hold = bench.hold();
      const call = behaving([hold.act, { do: 'until_aborted' }]);
      const answered = bench.send(call);
      await hold.arrived;
      hold.open();
      await bench.cancel(call);
      expect(endOf(await answered)).toBe('cancelled retryable');
    });

    test('a handler that finishes in spite of a cancel has its result counted', async () => {
      const call = behaving([{ do: 'busy', ms: 300 }]);
      const answered = bench.send(call);
      while ((await bench.harness.transport.probe(call.idempotencyKey)).status === 'unknown');
      await bench.cancel(call);
      expect(toldBy(await answered)).toEqual({ run: 1 });
    });

    test('a cancel of an older call does not reach the newer one', async () => {
      const hold = bench.hold();
      const call = behaving([hold.act, { do: 'tell', what: ['aborted'] }]);
      const answered = bench.send({ ...call, callToken: { epoch: 2, n: 1 } });
      await hold.arrived;
      await bench.cancel({ ...call, callToken: { epoch: 1, n: 7 } });
      // the answer to a probe says that the cancel before it has arrived
      expect(await bench.harness.transport.probe(call.idempotencyKey)).toEqual({ status: 'running' });
      hold.open();
      expect(toldBy(await answered)).toEqual({ run: 1, aborted: false });
    });

    test('the deadline aborts the handler, and the key is free', async () => {
      const call = behaving([{ do: 'until_aborted' }], []);
      expect(endOf(await bench.send({ ...call, timeoutMs: 40 }))).toBe('step_timeout retryable');
      expect(toldBy(await bench.send(later(call, 2)))).toEqual({ run: 2 });
    });

    test('a handler that ignores its signal is answered for, and its late result is kept', async () => {
      const call = behaving([{ do: 'busy', ms: 1_500 }]);
      expect(endOf(await bench.send({ ...call, timeoutMs: 40 }))).toBe('step_timeout retryable');
      expect(toldBy(await bench.send(later(call, 2)))).toEqual({ run: 1 });
    });

    test('the context tells the deadline', async () => {
      const call = behaving([{ do: 'tell', what: ['leftMs'] }]);
      const { leftMs } = toldBy(await bench.send({ ...call, timeoutMs: 100_000 })) as { leftMs: number };
      expect(leftMs).toBeLessThanOrEqual(100_000);
      expect(leftMs).toBeGreaterThan(50_000);
    });

    test('a probe tells settled, running and unknown apart, and runs nothing', async () => {
      const probe = (key: string) => bench.harness.transport.probe(key);
      const hold = bench.hold();
      const call = behaving([hold.act]);
      expect(await probe(call.idempotencyKey)).toEqual({ status: 'unknown' });
      const answered = bench.send(call);
      await hold.arrived;
      expect(await probe(call.idempotencyKey)).toEqual({ status: 'running' });
      hold.open();
      const outcome = await answered;
      expect(toldBy(outcome)).toEqual({ run: 1 });
      expect(await probe(call.idempotencyKey)).toEqual({ status: 'settled', outcome });
    });

    test('a key freed by a retryable failure is unknown to a probe', async () => {
      const call = behaving([{ do: 'fail', code: 'busy', message: 'try later', retryable: true }]);
      await bench.send(call);
      expect(await bench.harness.transport.probe(call.idempotencyKey)).toEqual({ status: 'unknown' });
    });

    test.each<[string, unknown]>([
      ['nothing', null],
      ['a text', 'done'],
      ['a part', { artifacts: [] }],
      ['a list that is none', { artifacts: {}, events: [], stateChanges: [] }],
      ['a member too many', { artifacts: [], events: [], stateChanges: [], success: true }],
    ])('a result that breaks the contract is a final failure, and stored: %s', async (_what, value) => {
      const call = behaving([{ do: 'return', value }], []);
      expect(endOf(await bench.send(call))).toBe('contract_violation final');
      expect(endOf(await bench.send(later(call, 2)))).toBe('contract_violation final');
    });

    test('a result that JSON cannot say is a final failure', async () => {
      expect(endOf(await bench.send(behaving([{ do: 'return_nan' }])))).toBe('contract_violation final');
    });

    test('an error without a code is handler_failed, retryable, and its text goes nowhere', async () => {
      const outcome = await bench.send(behaving([{ do: 'throw', text: 'password=hunter2' }]));
      expect(endOf(outcome)).toBe('handler_failed retryable');
      expect(JSON.stringify(outcome)).not.toContain('hunter2');
    });

    test.each<[string, Act, unknown]>([
      ['a code that is none', { do: 'fail', code: 'Not A Code', message: 'text' }, { code: 'handler_failed' }],
      [
        'a message without end',
        { do: 'fail', code: 'long', message: 'y'.repeat(9_000) },
        { code: 'long', message: 'y'.repeat(2_000) },
      ],
    ])('a failure is made to fit: %s', async (_what, act, error) => {
      expect(await bench.send(behaving([act]))).toMatchObject({ status: 'failed', error });
    });

    test('a handler that does not end does not keep others from running', async () => {
      const answered = bench.send({ ...behaving([{ do: 'busy', ms: 1_500 }]), timeoutMs: 60 });
      expect(endOf(await bench.send(behaving([])))).toBe('succeeded');
      expect(endOf(await answered)).toBe('step_timeout retryable');
    });
  });
}
