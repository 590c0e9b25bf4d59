import { randomBytes } from 'node:crypto';
import type { CallOutcome, JournalCommand, ParticipantCall } from '@intendant/intent-model';
import { digestOf } from '@intendant/kernel';
import { describe, expect, test } from '@jest/globals';
import { type Act, behavingSaga } from './behaviour.js';
import type { MemoryJournal } from './memory-journal.js';
import { endOf, later, type ProtocolBench, toldBy } from './protocol-port.js';

const shown = (command: JournalCommand): string =>
  command.op === 'step_start' && command.attempt > 1
    ? `${command.op} ${command.id} again`
    : `${command.op} ${command.id}`;

/** One saga as code with its journal, call after call. */
export class SagaProbe {
  readonly call: ParticipantCall;
  readonly journal: MemoryJournal;
  #n = 0;
  #key: string;
  #last: CallOutcome | undefined;

  constructor(
    private readonly bench: ProtocolBench,
    ...acts: Act[]
  ) {
    this.call = behavingSaga(...acts);
    this.#key = this.call.idempotencyKey;
    this.journal = bench.harness.dataPlane.journalOf(this.call.executionId);
  }

  /** Calls the handler with the journal as it is now; the commands that come with the outcome are recorded, too. */
  async run(mode: 'run' | 'drain' = 'run'): Promise<CallOutcome> {
    this.#n += 1;
    const call = { ...later(this.call, this.#n), idempotencyKey: this.#key };
    const outcome = await this.bench.send({ ...call, journal: this.journal.read(mode) });
    if ('commands' in outcome && (outcome.commands?.length ?? 0) > 0) this.journal.report(outcome.commands ?? []);
    this.#last = outcome;
    return outcome;
  }

  /** Nobody remembers how it ended: the next run finds the journal alone. */
  forget(): void {
    this.#key = randomBytes(32).toString('hex');
  }

  /** Everything that was reported, in order. */
  get commands(): string[] {
    return this.journal.reports.flat().map(shown);
  }

  get seen(): number | undefined {
    return this.#last?.status === 'suspended' ? this.#last.seen : undefined;
  }
}

/** Sagas as code: what is reported and when, what is not done again, and what a suspension says. */
export function describeJournal(bench: ProtocolBench): void {
  const sagaOf = (...acts: Act[]): SagaProbe => new SagaProbe(bench, ...acts);
  const undo = { intent: 'content.forget', input: { id: 'a' } };

  describe('journal', () => {
    test('a step is reported before its action runs; its end travels with the start of the next', async () => {
      const hold = bench.hold();
      const saga = sagaOf(
        { do: 'step', id: 'a', value: 'first', acts: [hold.act], compensate: undo },
        { do: 'step', id: 'b', value: 'second' },
      );
      const outcome = saga.run();
      await hold.arrived;
      expect(saga.journal.reports).toEqual([
        [{ op: 'step_start', branch: '', ordinal: 1, id: 'a', attempt: 1, compensate: undo }],
      ]);
      hold.open();
      expect(toldBy(await outcome)).toEqual({ a: 'first', b: 'second' });
      expect(saga.commands).toEqual(['step_start a', 'step_succeed a', 'step_start b', 'step_succeed b']);
      expect(saga.journal.reports[1]?.map(shown)).toEqual(['step_succeed a', 'step_start b']);
    });

    test('times, chance and state are the same in every run; waits say how long, a child what undoes it', async () => {
      const saga = sagaOf(
        { do: 'now', id: 'at' },
        { do: 'random', id: 'drawn' },
        { do: 'state_get', id: 'phase' },
        { do: 'state_set', id: 'phase', value: { n: 1 } },
        { do: 'child', id: 'c', intentType: 'content.parse', payload: {}, compensate: undo },
        { do: 'approval', id: 'release', prompt: 'Ship it?', timeoutMs: 5_000 },
        { do: 'await_signal', id: 'go', timeoutMs: 1_000 },
        { do: 'state_get', id: 'phase' },
      );
      await saga.run();
      expect(saga.journal.reports.flat().map(({ op, id }) => `${op} ${id}`)).toEqual([
        'fact now.1',
        'fact random.2',
        'state_set phase',
        'child c',
      ]);
      saga.journal.end('child', 'c', { done: true });
      await saga.run();
      saga.journal.end('signal', 'release', { approved: true, note: null });
      await saga.run();
      saga.journal.end('signal', 'go');
      const [at, drawn] = saga.journal.read().entries.map(({ value }) => value as number);
      expect(toldBy(await saga.run())).toEqual({
        at,
        drawn,
        c: { done: true },
        go: null,
        phase: { n: 1 },
        release: { approved: true, note: null },
      });
      expect(Math.abs(Date.now() - (at as number))).toBeLessThan(600_000);
      const asked = saga.journal.reports.flat().filter(({ op }) => op === 'child' || op === 'await_signal');
      const place = { branch: '' };
      expect(asked).toEqual([
        { op: 'child', ...place, ordinal: 4, id: 'c', intentType: 'content.parse', payload: {}, compensate: undo },
        ...[
          { ordinal: 5, id: 'release', name: 'approval:release', approval: true, prompt: 'Ship it?', timeoutMs: 5_000 },
          { ordinal: 6, id: 'go', name: 'go', approval: false, prompt: null, timeoutMs: 1_000 },
        ].map((wait) => ({ op: 'await_signal', ...place, ...wait })),
      ]);
    });

    test('a value that the handler changes is its own: the journal keeps what the operation gave', async () => {
      const saga = sagaOf(
        { do: 'step', id: 'a', value: { n: 1 } },
        { do: 'spoil', id: 'a' },
        { do: 'fact', id: 'rate', value: { n: 2 } },
        { do: 'spoil', id: 'rate' },
      );
      const told = { a: { n: 1, spoilt: true }, rate: { n: 2, spoilt: true } };
      expect(toldBy(await saga.run())).toEqual(told);
      const values = saga.journal.reports.flat().flatMap((command) => ('value' in command ? [command.value] : []));
      expect(values).toEqual([{ n: 1 }, { n: 2 }]);
      expect(toldBy(await saga.run())).toEqual(told);
    });

    test('what the journal has is not done again; a step keeps its key', async () => {
      const saga = sagaOf(
        { do: 'step', id: 'a', value: 'again' },
        { do: 'fact', id: 'rate', value: 7 },
        { do: 'state_set', id: 'phase', value: 'late' },
        { do: 'step', id: 'b' },
      );
      saga.journal
        .has({ kind: 'step', id: 'a', ordinal: 1, value: 'recorded', order: 1 })
        .has({ kind: 'fact', id: 'rate', ordinal: 2, value: 5, order: 2 })
        .has({ kind: 'state', id: 'phase', ordinal: 3, value: 'late' });
      const key = digestOf(['acme', saga.call.executionId, 'b', 'forward']);
      expect(toldBy(await saga.run())).toEqual({ a: 'recorded', rate: 5, b: key });
      expect(saga.commands).toEqual(['step_start b', 'step_succeed b']);
    });

    test('facts and state are recorded at their first use, with the next report', async () => {
      const saga = sagaOf(
        { do: 'fact', id: 'rate', value: 7 },
        { do: 'state_set', id: 'phase', value: 'late' },
        { do: 'step', id: 'a', value: 1 },
      );
      expect(toldBy(await saga.run())).toEqual({ rate: 7, a: 1 });
      expect(saga.commands).toEqual(['fact rate', 'state_set phase', 'step_start a', 'step_succeed a']);
      expect(saga.journal.reports.flat().slice(0, 2)).toEqual([
        { op: 'fact', branch: '', ordinal: 1, kind: 'fact', id: 'rate', value: 7 },
        { op: 'state_set', branch: '', ordinal: 2, id: 'phase', value: 'late' },
      ]);
    });

    test('when nothing can go on the handler is suspended, and says what it saw; the next call resumes it', async () => {
      const saga = sagaOf(
        { do: 'step', id: 'a', value: 1 },
        { do: 'sleep', id: 'night', durationMs: 60_000 },
        { do: 'step', id: 'b', value: 2 },
      );
      expect(endOf(await saga.run())).toBe('suspended');
      expect(saga.seen).toBe(0);
      expect(saga.commands).toEqual(['step_start a', 'step_succeed a', 'sleep night']);
      expect(saga.journal.reports.flat().at(-1)).toMatchObject({ branch: '', ordinal: 2, durationMs: 60_000 });
      // called once more in between, it says the same and reports nothing
      expect(endOf(await saga.run())).toBe('suspended');
      saga.journal.end('sleep', 'night');
      const before = saga.commands.length;
      expect(toldBy(await saga.run())).toEqual({ a: 1, b: 2 });
      expect(saga.commands.slice(before)).toEqual(['observe night', 'step_start b', 'step_succeed b']);
    });

    test('a suspension names the version it saw', async () => {
      const saga = sagaOf({ do: 'sleep', id: 'one', durationMs: 1 }, { do: 'sleep', id: 'two', durationMs: 1 });
      await saga.run();
      saga.journal.end('sleep', 'one');
      expect(endOf(await saga.run())).toBe('suspended');
      expect(saga.seen).toBe(1);
      expect(saga.commands).toEqual(['sleep one', 'observe one', 'sleep two']);
    });

    test('a step found open is run again under its key and attempt, and not begun again', async () => {
      const saga = sagaOf({ do: 'step', id: 'a' });
      saga.journal.has({ kind: 'step', id: 'a', ordinal: 1, status: 'open', attempt: 3 });
      const key = digestOf(['acme', saga.call.executionId, 'a', 'forward']);
      expect(toldBy(await saga.run())).toEqual({ a: key });
      expect(saga.journal.reports.flat()).toEqual([{ op: 'step_succeed', id: 'a', attempt: 3, value: key }]);
    });

    test('a step that is due is begun again as the next attempt; one that waits is waited for', async () => {
      const saga = sagaOf({ do: 'step', id: 'a', value: 1 });
      saga.journal.has({ kind: 'step', id: 'a', ordinal: 1, status: 'waiting', attempt: 1 });
      expect(endOf(await saga.run())).toBe('suspended');
      expect(saga.commands).toEqual([]);
      saga.journal.due('a');
      expect(toldBy(await saga.run())).toEqual({ a: 1 });
      expect(saga.commands).toEqual(['step_start a again', 'step_succeed a']);
      expect(saga.journal.reports.flat().map((one) => 'attempt' in one && one.attempt)).toEqual([2, 2]);
    });

    test('a step that fails is reported, and waited for when it is to be tried again', async () => {
      const saga = sagaOf({
        do: 'step',
        id: 'a',
        acts: [{ do: 'fail', code: 'busy', message: 'later', retryable: true }],
      });
      expect(endOf(await saga.run())).toBe('suspended');
      const error = { code: 'busy', message: 'later', retryable: true };
      expect(saga.journal.reports.flat()[1]).toMatchObject({ op: 'step_fail', id: 'a', outcome: 'definite', error });
    });

    test('a step that failed for good is the handler’s to catch; it is recorded once', async () => {
      const failing = { do: 'step', id: 'a', acts: [{ do: 'fail', code: 'refused', message: 'no' }] } as const;
      const caught = sagaOf({ ...failing, caught: true }, { do: 'step', id: 'b', value: 2 });
      caught.journal.afterFailure = 'failed';
      expect(toldBy(await caught.run())).toEqual({ a: 'refused', b: 2 });
      expect(caught.commands).toEqual(['step_start a', 'step_fail a', 'step_start b', 'step_succeed b']);
      const recorded = sagaOf({ ...failing, caught: true });
      const error = { code: 'expired', message: 'long ago', retryable: false, details: null };
      recorded.journal.has({ kind: 'step', id: 'a', ordinal: 1, status: 'failed', error, order: 1 });
      expect(toldBy(await recorded.run())).toEqual({ a: 'expired' });
      const uncaught = sagaOf(failing);
      uncaught.journal.afterFailure = 'failed';
      expect(endOf(await uncaught.run())).toBe('refused final');
    });

    test('a signal that is there already is taken at once; one that is not suspends', async () => {
      const there = sagaOf({ do: 'await_signal', id: 'go' });
      there.journal.heard.set('go', { by: 'ada' });
      expect(toldBy(await there.run())).toEqual({ go: { by: 'ada' } });
      expect(there.commands).toEqual(['await_signal go', 'observe go']);
      const awaited = sagaOf({ do: 'await_signal', id: 'go' });
      expect(endOf(await awaited.run())).toBe('suspended');
      awaited.journal.end('signal', 'go', 'now');
      expect(toldBy(await awaited.run())).toEqual({ go: 'now' });
    });

    test('waits for one signal without ids of their own have one each, and those that are recorded keep theirs', async () => {
      const saga = sagaOf({ do: 'await_signal', id: 'go' }, { do: 'await_signal', id: 'go' });
      expect(endOf(await saga.run())).toBe('suspended');
      saga.journal.end('signal', 'go', 1);
      expect(endOf(await saga.run())).toBe('suspended');
      saga.journal.end('signal', 'go.2', 2);
      expect(toldBy(await saga.run())).toEqual({ go: 2 });
      expect(saga.commands.filter((one) => one.startsWith('await'))).toEqual(['await_signal go', 'await_signal go.2']);
    });

    const alike = {
      step: { do: 'step', id: 'same', value: 1 },
      fact: { do: 'fact', id: 'same', value: 2 },
      state: { do: 'state_set', id: 'same', value: 3 },
      sleep: { do: 'sleep', id: 'same', durationMs: 1 },
      signal: { do: 'await_signal', id: 'same' },
      child: { do: 'child', id: 'same', intentType: 'words.count', payload: {} },
    } as const;
    type Kind = keyof typeof alike;
    const kinds = Object.keys(alike) as Kind[];
    // steps and children are of one kind
    const pairs = kinds
      .flatMap((one) => kinds.map((other): [Kind, Kind] => [one, other]))
      .filter(([one, other]) => one !== other && [one, other].sort().join() !== 'child,step');

    test.each(pairs)('%s and %s of one name are two operations', async (one, other) => {
      const saga = sagaOf({ do: 'all', branches: [[alike[one]], [alike[other]]] });
      for (const kind of [one, other].filter((of) => of === 'sleep' || of === 'signal' || of === 'child')) {
        expect(endOf(await saga.run())).toBe('suspended');
        saga.journal.end(kind, 'same');
      }
      expect(endOf(await saga.run())).toBe('succeeded');
    });

    test('a child is begun once, and its result is the handler’s when it has ended', async () => {
      const saga = sagaOf({ do: 'child', id: 'count', intentType: 'words.count', payload: { text: 'a b' } });
      expect(endOf(await saga.run())).toBe('suspended');
      const begun = {
        op: 'child',
        branch: '',
        ordinal: 1,
        id: 'count',
        intentType: 'words.count',
        payload: { text: 'a b' },
      };
      expect(saga.journal.reports.flat()).toEqual([begun]);
      saga.journal.end('child', 'count', { artifacts: [], events: [], stateChanges: [] });
      expect(toldBy(await saga.run())).toEqual({ count: { artifacts: [], events: [], stateChanges: [] } });
      expect(saga.commands).toEqual(['child count', 'observe count']);
    });
  });
}
