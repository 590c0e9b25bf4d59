import { describe, expect, it } from '@jest/globals';
import { pivotPassed, planForward } from './forward.js';
import { ledgerStep, sampleLedger, sampleStep } from './testing/sample-ledger.js';

const A_B_C = [sampleStep('a'), sampleStep('b', ['a']), sampleStep('c', ['a'])];
const moves = (...given: Parameters<typeof sampleLedger>) =>
  planForward(sampleLedger(...given)).map((move) => ('stepId' in move ? `${move.kind} ${move.stepId}` : move.kind));
const done = (stepId: string) => ledgerStep(stepId, 'succeeded');

describe('given nothing has run', () => {
  it('starts what depends on nothing, and nothing else', () => {
    expect(moves(A_B_C)).toEqual(['start a']);
  });

  it('starts side by side only as many as may be at work, in the order of the plan', () => {
    const steps = ['a', 'b', 'c'].map((stepId) => sampleStep(stepId));
    expect(moves(steps, [], { concurrencyMax: 2 })).toEqual(['start a', 'start b']);
    expect(moves(steps, [ledgerStep('a', 'started')], { concurrencyMax: 2 })).toEqual(['start b']);
  });

  it('leaves out a step whose tag was asked to be skipped', () => {
    expect(moves([sampleStep('a', [], { skipTags: ['slow'] })], [], { skipTags: ['slow'] })).toEqual(['skip a']);
  });
});

describe('given a step is done', () => {
  it('starts what waited for it', () => {
    expect(moves(A_B_C, [done('a')], { concurrencyMax: 8 })).toEqual(['start b', 'start c']);
    expect(moves(A_B_C, [ledgerStep('a', 'skipped')], { concurrencyMax: 8 })).toEqual(['start b', 'start c']);
  });

  it('holds back what is behind a step that was skipped ahead of its turn', () => {
    const chain = ['a', 'b', 'c', 'd'].map((stepId, at, all) => sampleStep(stepId, all.slice(Math.max(0, at - 1), at)));
    const skipped = ['b', 'c'].map((stepId) => ledgerStep(stepId, 'skipped'));
    expect(moves(chain, [ledgerStep('a', 'started'), ...skipped], { concurrencyMax: 8 })).toEqual([]);
    expect(moves(chain, [done('a'), ...skipped], { concurrencyMax: 8 })).toEqual(['start d']);
  });

  it('completes when it was the last', () => {
    expect(moves(A_B_C, [done('a'), done('b'), done('c')])).toEqual(['complete']);
  });

  it('knows whether it was the point of no return', () => {
    const steps = [sampleStep('a', [], { pivot: true })];
    expect(pivotPassed(sampleLedger(steps, [ledgerStep('a', 'started')]))).toBe(false);
    expect(pivotPassed(sampleLedger(steps, [done('a')]))).toBe(true);
  });

  it('takes what has side effects and no undo for one, where something can be undone at all', () => {
    const last = (more: object) => [sampleStep('a'), sampleStep('b', ['a'], { compensation: null, ...more })];
    expect(pivotPassed(sampleLedger(last({}), [done('a')]))).toBe(false);
    expect(pivotPassed(sampleLedger(last({}), [done('a'), done('b')]))).toBe(true);
    expect(pivotPassed(sampleLedger(last({ sideEffects: 'none' }), [done('a'), done('b')]))).toBe(false);
    expect(pivotPassed(sampleLedger(last({}).slice(1), [done('b')]))).toBe(false);
  });
});

describe('given a step waits for its retry', () => {
  const waiting = [ledgerStep('a', 'awaiting_retry', { errorOutcome: 'definite' })];

  it('starts it when its timer is over, and not before', () => {
    expect(moves(A_B_C, waiting, { timers: ['retry/a/2'] })).toEqual([]);
    expect(moves(A_B_C, waiting)).toEqual(['start a']);
  });
});

describe('given a fan-out', () => {
  const steps = [sampleStep('each', [], { forEach: { items: '/payload/ids' } }), sampleStep('sum', ['each'])];

  it('meets its list first', () => {
    expect(planForward(sampleLedger(steps))).toMatchObject([{ kind: 'expand' }]);
  });

  it('starts its copies with their places, within what may be at work', () => {
    expect(planForward(sampleLedger(steps, [], { expansions: { each: 3 }, concurrencyMax: 2 }))).toMatchObject([
      { kind: 'start', stepId: 'each.0', index: 0 },
      { kind: 'start', stepId: 'each.1', index: 1 },
    ]);
  });

  it('is done when every copy is, at once for an empty list, and as a whole when it was skipped', () => {
    expect(moves(steps, [done('each.0')], { expansions: { each: 2 } })).toEqual(['start each.1']);
    expect(moves(steps, [done('each.0'), done('each.1')], { expansions: { each: 2 } })).toEqual(['start sum']);
    expect(moves(steps, [], { expansions: { each: 0 } })).toEqual(['start sum']);
    expect(moves(steps, [ledgerStep('each', 'skipped')])).toEqual(['start sum']);
  });
});

describe('given a step has failed for good', () => {
  const steps = ['a', 'b', 'c'].map((stepId) => sampleStep(stepId));
  const at = { concurrencyMax: 3 };

  it('starts nothing new and waits for what is at work', () => {
    expect(moves(steps, [ledgerStep('a', 'failed'), ledgerStep('b', 'started')], at)).toEqual([]);
  });

  it('recovers when nothing is at work any more', () => {
    expect(planForward(sampleLedger(steps, [done('b'), ledgerStep('a', 'failed')], at))).toMatchObject([
      { kind: 'recover', failed: { stepId: 'a' }, pivotPassed: false },
    ]);
  });

  it('parks when an outcome is unknown', () => {
    const unknown = ledgerStep('b', 'failed', { errorOutcome: 'unknown' });
    expect(planForward(sampleLedger(steps, [ledgerStep('a', 'failed'), unknown], at))).toMatchObject([
      { kind: 'park', unknown: { stepId: 'b' } },
    ]);
  });

  it('brings attempts of unknown outcome to an outcome first, no more at once than may be at work', () => {
    const waiting = ['b', 'c'].map((stepId) => ledgerStep(stepId, 'awaiting_retry', { errorOutcome: 'unknown' }));
    const known = [ledgerStep('a', 'failed'), ...waiting];
    expect(moves(steps, known, { ...at, timers: ['retry/b/2', 'retry/c/2'] })).toEqual([]);
    expect(moves(steps, known, at)).toEqual(['start b', 'start c']);
    expect(moves(steps, known, { concurrencyMax: 1 })).toEqual(['start b']);
  });
});
