import { noJournal } from '@intendant/execution';
import { acceptPlan, broke, chainOf, done, History, planStep, signal } from '@intendant/execution/testing';
import { describe, expect, it } from '@jest/globals';
import { substatusOf } from './substatus.js';

const retry = { attemptsMax: 3, initialMs: 1_000, factor: 1, capMs: 1_000, nonRetryableCodes: [] };
const running = () => History.of(acceptPlan(chainOf('a', 'b')));

describe('the substatus', () => {
  it.each([
    ['of what simply runs', running(), null],
    ['while steps end although it is paused', History.of(acceptPlan(chainOf('a', 'b')), signal('pause')), 'draining'],
    ['once they have', History.of(acceptPlan(chainOf('a', 'b')), signal('pause'), done('a')), null],
    [
      'while an attempt waits to be made again',
      History.of(acceptPlan({ concurrencyMax: 1, steps: [planStep('a', [], { retry })] }), broke('a')),
      'retrying',
    ],
    ['after the end', History.of(acceptPlan(chainOf('a')), done('a')), null],
  ])('%s', (_what, { state }, substatus) => {
    expect(substatusOf(state, false)).toBe(substatus);
  });

  it('tells that a call is repeated which an earlier process may have made', () => {
    expect(substatusOf(running().state, true)).toBe('recovering');
  });

  it('tells that somebody must approve', () => {
    const { state } = running();
    const wait = { waitId: 'w', name: 'go', approval: true, prompt: null };
    const durable = { ...noJournal, waits: [wait] };
    expect(substatusOf({ ...state, durable }, false)).toBe('waiting_approval');
    const unasked = { ...durable, waits: [{ ...wait, approval: false }] };
    expect(substatusOf({ ...state, durable: unasked }, false)).toBeNull();
    const unwinding = { target: 'compensated', error: null, stepId: null } as const;
    expect(substatusOf({ ...state, status: 'compensating', durable, unwinding }, false)).toBeNull();
  });
});
