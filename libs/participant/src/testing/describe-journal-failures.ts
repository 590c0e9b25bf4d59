import { JOURNAL_BYTES_MAX, JOURNAL_COMMANDS_MAX, JOURNAL_VALUE_CHARS_MAX } from '@intendant/intent-model';
import { describe, expect, test } from '@jest/globals';
import type { Act } from './behaviour.js';
import { SagaProbe } from './describe-journal.js';
import { endOf, type ProtocolBench, toldBy } from './protocol-port.js';

/** Sagas as code: what fails in the handler itself, and what no journal takes. */
export function describeJournalFailures(bench: ProtocolBench): void {
  const sagaOf = (...acts: Act[]): SagaProbe => new SagaProbe(bench, ...acts);
  const undo = { intent: 'content.forget', input: { id: 'a' } };
  const failureOf = (saga: SagaProbe) => saga.journal.reports.flat().find(({ op }) => op === 'step_fail');

  describe('journal: failures', () => {
    test('an error of the language in an action is a definite failure of the step, and its text goes nowhere', async () => {
      const saga = sagaOf({ do: 'step', id: 'a', acts: [{ do: 'throw', text: 'password=hunter2' }] });
      expect(endOf(await saga.run())).toBe('suspended');
      expect(failureOf(saga)).toMatchObject({
        id: 'a',
        attempt: 1,
        outcome: 'definite',
        error: { code: 'handler_failed', retryable: true },
      });
      expect(JSON.stringify(saga.journal.reports)).not.toContain('hunter2');
    });

    test.each<[string, Act, string]>([
      ['an error of the language', { do: 'throw', text: 'password=hunter2' }, 'handler_failed retryable'],
      [
        'a failure that may be tried again',
        { do: 'fail', code: 'busy', message: 'no', retryable: true },
        'busy retryable',
      ],
      ['a final failure', { do: 'fail', code: 'refused', message: 'no' }, 'refused final'],
    ])('a handler that ends by %s has done what it did before', async (_what, end, expected) => {
      const saga = sagaOf({ do: 'step', id: 'a', value: 1, compensate: undo }, end);
      const outcome = await saga.run();
      expect(endOf(outcome)).toBe(expected);
      expect(saga.commands).toEqual(['step_start a', 'step_succeed a']);
      expect(JSON.stringify(outcome)).not.toContain('hunter2');
    });

    test.each<[string, Act]>([
      ['that JSON cannot say', { do: 'step', id: 'big', unsayable: true }],
      ['beyond the limit', { do: 'step', id: 'big', character: 'x', times: JOURNAL_VALUE_CHARS_MAX }],
    ])('a value %s is a definite violation of its step, and named', async (_what, act) => {
      const saga = sagaOf({ ...act, caught: true } as Act);
      saga.journal.afterFailure = 'failed';
      expect(toldBy(await saga.run())).toEqual({ big: 'contract_violation' });
      const error = { code: 'contract_violation', retryable: false, message: expect.stringContaining('step big') };
      expect(failureOf(saga)).toMatchObject({ outcome: 'definite', error });
    });

    test('a value at the limit is taken, in any script, and the same in every run', async () => {
      // three bytes each, and two quotes around them
      const saga = sagaOf(
        { do: 'step', id: 'a', character: '語', times: JOURNAL_VALUE_CHARS_MAX - 2 },
        { do: 'fact', id: 'b', character: '語', times: JOURNAL_VALUE_CHARS_MAX - 2 },
        { do: 'sleep', id: 'night', durationMs: 1 },
        { do: 'note', word: 'morning' },
      );
      expect(endOf(await saga.run())).toBe('suspended');
      expect(saga.commands).toEqual(['step_start a', 'step_succeed a', 'fact b', 'sleep night']);
    });

    test('a fact beyond the limit ends the handler, and is named', async () => {
      const saga = sagaOf({ do: 'fact', id: 'big', character: 'x', times: JOURNAL_VALUE_CHARS_MAX });
      const outcome = await saga.run();
      expect(endOf(outcome)).toBe('contract_violation final');
      expect(outcome).toMatchObject({ error: { message: expect.stringContaining('fact big') } });
    });

    test('what a handler does at once is reported in parts that the Runtime takes', async () => {
      const facts = Array.from(
        { length: JOURNAL_COMMANDS_MAX + 1 },
        (_unused, index): Act => ({
          do: 'fact',
          id: `f${index}`,
          ...(index < 7 ? { character: 'é', times: 500_000 } : { value: index }),
        }),
      );
      const saga = sagaOf(...facts);
      expect(endOf(await saga.run())).toBe('succeeded');
      expect(saga.commands).toEqual(facts.map((fact) => `fact ${'id' in fact && fact.id}`));
      for (const report of saga.journal.reports) {
        expect(report.length).toBeLessThanOrEqual(JOURNAL_COMMANDS_MAX);
        expect(Buffer.byteLength(JSON.stringify(report))).toBeLessThanOrEqual(JOURNAL_BYTES_MAX);
      }
    });

    test.each<[string, Act, string]>([
      ['a negative time', { do: 'sleep', id: 'nap', durationMs: -1 }, 'sleep nap: durationMs'],
      ['a time that is no number', { do: 'sleep', id: 'nap', durationMs: 'x' }, 'sleep nap: durationMs'],
      ['no time', { do: 'sleep', id: 'nap', durationMs: null }, 'sleep nap: durationMs'],
      ['a time beyond ten years', { do: 'sleep', id: 'nap', durationMs: 4e11 }, 'sleep nap: durationMs'],
      ['an id that is none', { do: 'step', id: 'A', value: 1 }, 'step A: id'],
      ['an id that is taken', { do: 'step', id: 'main', value: 1 }, 'step main: id'],
      ['a key that is none', { do: 'state_set', id: '', value: 1 }, 'state'],
      ['an intent that is none', { do: 'child', id: 'count', intentType: 'Words', payload: {} }, 'count'],
    ])('an operation with %s ends the handler, and is named', async (_what, act, named) => {
      const saga = sagaOf({ do: 'step', id: 'a', value: 1 }, act);
      const outcome = await saga.run();
      expect(endOf(outcome)).toBe('contract_violation final');
      expect(outcome).toMatchObject({ error: { message: expect.stringContaining(named) } });
      expect(saga.commands).toEqual(['step_start a', 'step_succeed a']);
    });

    test('parts of a millisecond are rounded', async () => {
      const saga = sagaOf({ do: 'sleep', id: 'nap', durationMs: 1.5 });
      expect(endOf(await saga.run())).toBe('suspended');
      expect(saga.journal.reports.flat()).toMatchObject([{ op: 'sleep', durationMs: 2 }]);
    });
  });
}
