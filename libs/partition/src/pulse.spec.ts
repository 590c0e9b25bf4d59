import { acceptPlan, broke, chainOf, done, History, signal } from '@intendant/execution/testing';
import { judgeHealth } from '@intendant/saga';
import { describe, expect, it } from '@jest/globals';
import { pulseOf } from './pulse.js';

const BOUND_MS = 60_000;
const healthOf = ({ state }: History) => judgeHealth(pulseOf(state, 0), 0, BOUND_MS);

describe('a saga that is paused', () => {
  const started = (recovery: 'pause' | 'compensate') =>
    History.of(acceptPlan(chainOf('a', 'b'), { recovery }), done('a'));

  it('needs a person when its recovery strategy paused it: nobody asked for that, and it goes no further by itself', () => {
    const history = started('pause');
    history.perform(broke('b', { retryable: false }));
    expect([history.state.status, healthOf(history)]).toEqual(['paused', 'needs_attention']);
    history.perform(signal('cancel'));
    expect(history.state.status).toBe('compensating');
    expect(healthOf(history)).toBe('healthy');
  });

  it('is healthy when a person paused it', () => {
    const history = started('pause');
    history.perform(signal('pause'));
    expect([history.state.status, healthOf(history)]).toEqual(['paused', 'healthy']);
  });
});
