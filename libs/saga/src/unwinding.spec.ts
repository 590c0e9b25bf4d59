import { describe, expect, it } from '@jest/globals';
import type { LedgerStep } from './ledger.js';
import { ledgerStep, sampleLedger, sampleStep } from './testing/sample-ledger.js';
import { planUnwinding, stepsToUndo } from './unwinding.js';

const STEPS = ['a', 'b', 'c'].map((stepId) => sampleStep(stepId));
const ended = (stepId: string, endedSeq: number, more: Partial<LedgerStep> = {}) =>
  ledgerStep(stepId, 'succeeded', { endedSeq, ...more });
const next = (known: readonly LedgerStep[], timers: readonly string[] = [], concurrencyMax = 1) =>
  planUnwinding(sampleLedger(STEPS, known, { timers, concurrencyMax }), () => 1).map((move) =>
    'stepId' in move ? `${move.kind} ${move.stepId}` : move.kind,
  );

describe('given something is still at work', () => {
  it.each(['started', 'suspended'] as const)('undoes nothing: %s', (status) => {
    expect(next([ended('a', 5), ledgerStep('b', status)])).toEqual([]);
  });
});

describe('given an outcome is unknown', () => {
  it('stands still for a person', () => {
    expect(next([ended('a', 5), ledgerStep('b', 'failed', { errorOutcome: 'unknown' })])).toEqual(['park b']);
  });

  it('runs the attempt again when its wait is over, within what may be at work', () => {
    const unknown = ['b', 'c'].map((stepId) => ledgerStep(stepId, 'awaiting_retry', { errorOutcome: 'unknown' }));
    expect(next([ended('a', 5), ...unknown], ['retry/b/2', 'retry/c/2'])).toEqual([]);
    expect(next([ended('a', 5), ...unknown], [], 2)).toEqual(['start b', 'start c']);
    expect(next([ended('a', 5), ...unknown])).toEqual(['start b']);
  });

  it('of a handler that was lost amid a step, calls it again: nobody else ends what is inside', () => {
    const inside = ledgerStep('inside', 'started', { inner: true });
    expect(next([ended('b', 5), inside])).toEqual([]);
    expect(next([ledgerStep('a', 'awaiting_retry', { errorOutcome: 'unknown' }), inside])).toEqual(['start a']);
  });
});

describe('given every outcome is known', () => {
  it('undoes the step that ended last, alone', () => {
    expect(next([ended('a', 9), ended('b', 5), ended('c', 7)])).toEqual(['undo a']);
    expect(next([ended('a', 9, { undo: 'succeeded' }), ended('b', 5), ended('c', 7)])).toEqual(['undo c']);
    expect(next([ended('a', 9, { undo: 'started' }), ended('b', 5)])).toEqual([]);
  });

  it('answers for what failed only where the step says so, also while it waited for a retry', () => {
    const own = { compensateSelfOnFailure: true, errorOutcome: 'definite', endedSeq: 9 } as const;
    expect(stepsToUndo([ended('a', 5), ledgerStep('b', 'failed', { endedSeq: 9 })]).map((one) => one.stepId)).toEqual([
      'a',
    ]);
    expect(next([ended('a', 5), ledgerStep('b', 'failed', own)])).toEqual(['undo b']);
    expect(next([ended('a', 5), ledgerStep('b', 'awaiting_retry', own)])).toEqual(['undo b']);
  });

  it('passes over what nothing undoes, and says so', () => {
    expect(next([ended('a', 5, { compensable: false })])).toEqual(['skip_undo a']);
  });

  it('tries an undo again when its timer is over', () => {
    const waiting = ended('a', 5, { undo: 'awaiting_retry' });
    expect(next([waiting], ['undo/a/2'])).toEqual([]);
    expect(next([waiting])).toEqual(['undo a']);
  });

  it('stands still when an undo has failed for good', () => {
    expect(next([ended('a', 5), ended('b', 7, { undo: 'failed' })])).toEqual(['park b']);
  });

  it('goes forward when its point of no return has succeeded, whatever is undone otherwise', () => {
    const plan = [sampleStep('a'), sampleStep('b', ['a'], { pivot: true }), sampleStep('c', ['b'])];
    const moves = (...known: readonly LedgerStep[]) =>
      planUnwinding(sampleLedger(plan, known), () => 1).map(({ kind }) => kind);
    expect(moves(ended('a', 5), ended('b', 7))).toEqual(['forward']);
    expect(moves(ended('a', 5), ledgerStep('b', 'failed'))).toEqual(['undo']);
    expect(moves(ended('a', 5, { undo: 'succeeded' }), ended('b', 7, { undo: 'skipped' }))).toEqual(['finish']);
  });

  it('finishes when everything is undone or passed over', () => {
    expect(next([ended('a', 5, { undo: 'skipped' }), ended('b', 7, { undo: 'succeeded' })])).toEqual(['finish']);
    expect(next([ledgerStep('a', 'failed')])).toEqual(['finish']);
  });
});
