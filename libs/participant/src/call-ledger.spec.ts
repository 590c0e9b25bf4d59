import type { CallOutcome, CallToken } from '@intendant/intent-model';
import { ManualTime } from '@intendant/kernel/testing';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CallLedger, LEDGER_LIMITS, type Run } from './call-ledger.js';
import { compareTokens } from './call-token.js';
import { gate } from './testing/scripted-participant.js';

const success = (note: string): CallOutcome => ({
  status: 'succeeded',
  result: { artifacts: [], events: [{ eventType: 'content.noted', data: { note } }], stateChanges: [] },
});
const failed = (code: string, retryable: boolean): CallOutcome => ({
  status: 'failed',
  error: { code, message: '', retryable, details: null },
});
const token = (n: number, epoch = 1): CallToken => ({ epoch, n });
const done =
  (outcome: CallOutcome): (() => Run) =>
  () => ({ settled: Promise.resolve(outcome), abort: () => undefined, abortedAtMs: null });

/** A run that ends when told and remembers that it was aborted. */
function openRun(time: ManualTime) {
  const { opened, open } = gate<CallOutcome>();
  const run = {
    settled: opened,
    abortedAtMs: null as number | null,
    abort: () => {
      run.abortedAtMs ??= time.nowMs();
    },
  };
  return { run, finish: open };
}

describe('CallLedger', () => {
  test('keeps at most so many keys, and gives up the one unused for longest', async () => {
    const ledger = new CallLedger(new ManualTime(), { ...LEDGER_LIMITS, entriesMax: 3 });
    for (const key of ['a', 'b', 'c']) await ledger.call(key, token(1), done(success(key)));
    await ledger.call('a', token(2), done(success('again')));
    await ledger.call('d', token(1), done(success('d')));
    expect(['a', 'b', 'c', 'd'].map((key) => ledger.probe(key).status)).toEqual([
      'settled',
      'unknown',
      'settled',
      'settled',
    ]);
  });

  test('a key counts as used when its handler ends, however long that took', async () => {
    const time = new ManualTime();
    const ledger = new CallLedger(time, { ...LEDGER_LIMITS, entriesMax: 3 });
    const { run, finish } = openRun(time);
    const slow = ledger.call('slow', token(1), () => run);
    for (const key of ['a', 'b']) await ledger.call(key, token(1), done(success(key)));
    finish(success('slow'));
    await slow;
    await ledger.call('c', token(1), done(success('c')));
    expect(['slow', 'a', 'b', 'c'].map((key) => ledger.probe(key).status)).toEqual([
      'settled',
      'unknown',
      'settled',
      'settled',
    ]);
  });

  test('keeps at most so much, and never gives up a key at work', async () => {
    const time = new ManualTime();
    const ledger = new CallLedger(time, { ...LEDGER_LIMITS, charsMax: 500 });
    const { run, finish } = openRun(time);
    const running = ledger.call('running', token(1), () => run);
    for (const key of ['a', 'b', 'c', 'd']) await ledger.call(key, token(1), done(success('x'.repeat(100))));
    expect(ledger.probe('running').status).toBe('running');
    expect(['a', 'b', 'c', 'd'].map((key) => ledger.probe(key).status)).toEqual([
      'unknown',
      'unknown',
      'settled',
      'settled',
    ]);
    finish(success('end'));
    expect(await running).toEqual(success('end'));
  });

  test('a final failure answers its own attempt, not one that was asked for since', async () => {
    const ledger = new CallLedger(new ManualTime());
    const at = (n: number, attempt: number, outcome: CallOutcome) =>
      ledger.call('a', token(n), done(outcome), () => undefined, attempt);
    expect(await at(1, 1, failed('broken', false))).toEqual(failed('broken', false));
    expect(await at(2, 1, success('redelivered'))).toEqual(failed('broken', false));
    expect(await at(3, 2, success('repaired'))).toEqual(success('repaired'));
    expect(await at(4, 3, success('again'))).toEqual(success('repaired'));
  });

  test('what was undone stays so, whatever attempt is asked for', async () => {
    const ledger = new CallLedger(new ManualTime());
    ledger.forbid('a', token(1), failed('step_undone', false));
    expect(await ledger.call('a', token(2), done(success('late')), () => undefined, 7)).toEqual(
      failed('step_undone', false),
    );
  });

  test('with every key at work there is still room for a new one, and it is remembered', async () => {
    const time = new ManualTime();
    const ledger = new CallLedger(time, { ...LEDGER_LIMITS, entriesMax: 1 });
    void ledger.call('a', token(1), () => openRun(time).run);
    void ledger.call('b', token(1), () => openRun(time).run);
    expect([ledger.probe('a').status, ledger.probe('b').status]).toEqual(['running', 'running']);
  });

  test('a handler that does not end after its abort loses its key in the end, and what it returns then is dropped', async () => {
    const time = new ManualTime();
    const ledger = new CallLedger(time);
    const first = openRun(time);
    void ledger.call('key', token(1), () => first.run);
    ledger.cancel('key', token(1));
    await time.pass(LEDGER_LIMITS.abandonAfterMs - 1);
    const second = openRun(time);
    void ledger.call('key', token(2), () => second.run);
    first.run.abort();
    expect(ledger.running).toBe(1);
    await time.pass(1);
    const third = ledger.call('key', token(3), () => second.run);
    expect(ledger.running).toBe(2);
    first.finish(success('too late'));
    await time.pass(0);
    expect(ledger.probe('key').status).toBe('running');
    second.finish(success('second'));
    expect(await third).toEqual(success('second'));
    expect(ledger.probe('key')).toEqual({ status: 'settled', outcome: success('second') });
  });

  test('is idle when the last handler has ended', async () => {
    const time = new ManualTime();
    const ledger = new CallLedger(time);
    await ledger.whenIdle();
    const { run, finish } = openRun(time);
    void ledger.call('key', token(1), () => run);
    let idle = false;
    void ledger.whenIdle().then(() => {
      idle = true;
    });
    await time.pass(0);
    expect(idle).toBe(false);
    finish(failed('busy', true));
    await time.pass(0);
    expect(idle).toBe(true);
  });

  test('against a model: one run at a time per key, the definite outcome for ever, tokens only rise', async () => {
    const step = fc.record({
      key: fc.constantFrom('a', 'b'),
      epoch: fc.integer({ min: 1, max: 2 }),
      n: fc.integer({ min: 1, max: 4 }),
      ends: fc.constantFrom<'success' | 'final' | 'retryable' | 'open'>('success', 'final', 'retryable', 'open'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const time = new ManualTime();
        const ledger = new CallLedger(time);
        const model = new Map<string, { highest: CallToken; outcome: CallOutcome | null; open: boolean }>();
        for (const { key, epoch, n, ends } of steps) {
          const known = model.get(key) ?? { highest: token(0, 0), outcome: null, open: false };
          let started = false;
          const outcome = ends === 'success' ? success(`${epoch}.${n}`) : failed(ends, ends === 'retryable');
          const answer = ledger.call(key, token(n, epoch), () => {
            started = true;
            return ends === 'open' ? openRun(time).run : done(outcome)();
          });
          await time.pass(0);
          const superseded = compareTokens(token(n, epoch), known.highest) < 0;
          const runs = !superseded && known.outcome === null && !known.open;
          expect(started).toBe(runs);
          if (superseded) expect(await answer).toEqual({ status: 'attempt_superseded' });
          else if (known.outcome !== null) expect(await answer).toEqual(known.outcome);
          else if (runs && ends !== 'open') expect(await answer).toEqual(outcome);
          model.set(key, {
            highest: superseded ? known.highest : token(n, epoch),
            outcome: runs && (ends === 'success' || ends === 'final') ? outcome : known.outcome,
            open: known.open || (runs && ends === 'open'),
          });
        }
      }),
      { numRuns: 200 },
    );
  });
});
