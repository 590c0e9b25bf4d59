import { describe, expect, test } from '@jest/globals';
import type { Act } from './behaviour.js';
import { SagaProbe } from './describe-journal.js';
import { endOf, later, type ProtocolBench, toldBy } from './protocol-port.js';

/** Sagas as code: branches, races, and how a call ends that may not go on. */
export function describeJournalEnds(bench: ProtocolBench): void {
  const sagaOf = (...acts: Act[]): SagaProbe => new SagaProbe(bench, ...acts);
  const sleeping = (id: string): readonly Act[] => [
    { do: 'sleep', id, durationMs: 1 },
    { do: 'note', word: id },
  ];

  describe('journal: branches', () => {
    test('branches have places of their own, and wait together', async () => {
      const saga = sagaOf(
        { do: 'all', branches: [sleeping('x'), [{ do: 'step', id: 'a', value: 1 }, ...sleeping('y')]] },
        { do: 'step', id: 'b', value: 2 },
      );
      expect(endOf(await saga.run())).toBe('suspended');
      const places = saga.journal.reports
        .flat()
        .flatMap((one) => ('branch' in one ? [`${one.id} ${one.branch}#${one.ordinal}`] : []));
      expect(places.sort()).toEqual(['a /1.1#1', 'x /1.0#1', 'y /1.1#2']);
      saga.journal.end('sleep', 'y');
      expect(endOf(await saga.run())).toBe('suspended');
      saga.journal.end('sleep', 'x');
      expect(toldBy(await saga.run())).toEqual({ a: 1, notes: ['y', 'x'], b: 2 });
      expect(saga.commands.slice(-4)).toEqual(['observe y', 'observe x', 'step_start b', 'step_succeed b']);
      expect(saga.journal.reports.flat().at(-1)).toMatchObject({ id: 'b' });
    });

    test.each([
      [1, 2],
      [2, 1],
    ])('a race settles in the order that was recorded: %i, %i', async (x, y) => {
      const saga = sagaOf({ do: 'all', branches: [sleeping('x'), sleeping('y')] });
      saga.journal
        .has({ kind: 'sleep', id: 'x', branch: '/1.0', ordinal: 1, order: x })
        .has({ kind: 'sleep', id: 'y', branch: '/1.1', ordinal: 1, order: y });
      expect(toldBy(await saga.run())).toEqual({ notes: x < y ? ['x', 'y'] : ['y', 'x'] });
      expect(saga.commands).toEqual([]);
    });

    test('ends that are new are learnt after the known ones, and reported in the order in which they were learnt', async () => {
      const saga = sagaOf({ do: 'all', branches: [sleeping('x'), sleeping('y'), sleeping('z')] });
      saga.journal
        .has({ kind: 'sleep', id: 'x', branch: '/1.0', ordinal: 1 })
        .has({ kind: 'sleep', id: 'y', branch: '/1.1', ordinal: 1 })
        .has({ kind: 'sleep', id: 'z', branch: '/1.2', ordinal: 1, order: 1 });
      const { notes } = toldBy(await saga.run()) as { notes: string[] };
      expect(notes[0]).toBe('z');
      expect(saga.commands).toEqual(notes.slice(1).map((id) => `observe ${id}`));
      expect(saga.commands).toHaveLength(2);
    });
  });

  describe('journal: the order of ends', () => {
    const failing = { do: 'fail', code: 'refused', message: 'no' } as const;

    test('is the same in every run, also of failures, which are known only when they are recorded', async () => {
      const slowly = { do: 'tell', what: [] } as const;
      const noted = (id: string, ...acts: Act[]): readonly Act[] => [
        { do: 'step', id, acts, value: 1, caught: true },
        { do: 'note', word: id },
      ];
      const rate = [{ do: 'fact', id: 'c', value: 1 } as const, { do: 'note', word: 'c' } as const];
      const saga = sagaOf({ do: 'all', branches: [noted('a', failing), noted('b', slowly, slowly, slowly), rate] });
      saga.journal.afterFailure = 'failed';
      const told = toldBy(await saga.run());
      const { length } = saga.commands;
      saga.forget();
      expect([toldBy(await saga.run()), saga.commands.slice(length)]).toEqual([told, []]);
    });

    test('a handler that one branch ends by its failure does nothing else when it is called again', async () => {
      const steps = ['b', 'c'].map((id): Act => ({ do: 'step', id, value: 1 }));
      const saga = sagaOf({ do: 'all', branches: [[{ do: 'step', id: 'a', acts: [failing] }], steps] });
      saga.journal.afterFailure = 'failed';
      expect(endOf(await saga.run())).toBe('refused final');
      const { length } = saga.commands;
      saga.forget();
      expect([endOf(await saga.run()), saga.commands.slice(length)]).toEqual(['refused final', []]);
    });
  });

  describe('journal: ends', () => {
    test('a call without a journal is refused', async () => {
      const { call } = sagaOf({ do: 'step', id: 'a', value: 1 });
      const outcome = await bench.send({ ...call, journal: null });
      expect(endOf(outcome)).toBe('contract_violation final');
      expect(outcome).toMatchObject({ error: { message: expect.stringContaining('without a journal') } });
    });

    test('a report that comes from an older call ends the call', async () => {
      const saga = sagaOf({ do: 'step', id: 'a', value: 1 });
      saga.journal.refusal = { kind: 'superseded' };
      expect(endOf(await saga.run())).toBe('attempt_superseded');
    });

    test('a report that the Runtime finds to differ is a determinism violation, with what was expected', async () => {
      const saga = sagaOf({ do: 'step', id: 'a', value: 1 });
      const differing = { expected: 'sleep night at #1', actual: 'step a' };
      saga.journal.refusal = { kind: 'violation', ...differing };
      const outcome = await saga.run();
      expect(endOf(outcome)).toBe('determinism_violation final');
      expect(outcome).toMatchObject({ error: { details: differing } });
    });

    test('a step that the Runtime does not let begin fails without its action', async () => {
      const saga = sagaOf({ do: 'step', id: 'a', value: 1 });
      saga.journal.barred.set('a', { code: 'capability_not_found', message: 'm', retryable: false, details: null });
      expect(endOf(await saga.run())).toBe('capability_not_found final');
      expect(saga.commands).toEqual(['step_start a']);
    });

    test('a journal that cannot be written is a retryable failure', async () => {
      const saga = sagaOf({ do: 'step', id: 'a', value: 1 });
      const unreachable = { url: 'https://127.0.0.1:9', grant: 'g' };
      const outcome = await bench.send({ ...saga.call, dataPlane: unreachable });
      expect(endOf(outcome)).toBe('journal_unavailable retryable');
    });

    test.each<[string, Act, Act]>([
      ['another operation at its place', { do: 'step', id: 'b', value: 1 }, { do: 'note', word: 'x' }],
      ['another place for the operation', { do: 'step', id: 'b', value: 1 }, { do: 'step', id: 'a', value: 1 }],
      ['an end without it', { do: 'note', word: 'x' }, { do: 'note', word: 'y' }],
    ])('a handler that differs from its journal is stopped: %s', async (_what, ...acts) => {
      const saga = sagaOf(...acts);
      saga.journal.has({ kind: 'step', id: 'a', ordinal: 1, value: 1, order: 1 });
      expect(endOf(await saga.run())).toBe('determinism_violation final');
      expect(saga.commands).toEqual([]);
    });

    test('a child of another intent than the one recorded under its id stops the handler', async () => {
      const child = { do: 'child', id: 'a', intentType: 'content.parse', payload: {} } as const;
      for (const [intentType, end] of [
        ['content.parse', 'succeeded'],
        ['content.save', 'determinism_violation final'],
      ] as const) {
        const saga = sagaOf(child);
        saga.journal.has({ kind: 'child', id: 'a', ordinal: 1, value: 1, order: 1, asked: { intentType } });
        expect(endOf(await saga.run())).toBe(end);
      }
    });

    test('what is held does not begin; the handler is suspended and goes on when it is called again', async () => {
      const hold = bench.hold();
      const saga = sagaOf({ do: 'step', id: 'a', value: 1 }, { do: 'step', id: 'b', acts: [hold.act], value: 2 });
      saga.journal.held.add('b');
      expect(endOf(await saga.run())).toBe('suspended');
      expect(saga.commands).toEqual(['step_start a', 'step_succeed a', 'step_start b']);
      saga.journal.held.clear();
      hold.open();
      expect(toldBy(await saga.run())).toEqual({ a: 1, b: 2 });
    });

    test('while it drains, what is open ends and nothing begins', async () => {
      const saga = sagaOf({ do: 'step', id: 'a', value: 1 }, { do: 'step', id: 'b', value: 2 });
      saga.journal.has({ kind: 'step', id: 'a', ordinal: 1, status: 'open' });
      expect(endOf(await saga.run('drain'))).toBe('suspended');
      expect(saga.commands).toEqual(['step_succeed a']);
      expect(toldBy(await saga.run())).toEqual({ a: 1, b: 2 });
    });

    test('a suspension frees the key, an outcome is kept under it', async () => {
      const saga = sagaOf({ do: 'sleep', id: 'night', durationMs: 1 });
      expect(endOf(await saga.run())).toBe('suspended');
      expect(await bench.harness.transport.probe(saga.call.idempotencyKey)).toEqual({ status: 'unknown' });
      saga.journal.end('sleep', 'night');
      const outcome = await saga.run();
      expect(toldBy(outcome)).toEqual({});
      expect(await bench.send(later(saga.call, 9))).toEqual(outcome);
    });
  });
}
