import { describe, expect, it } from '@jest/globals';
import { ClockComparison } from './clock-comparison.js';

const compared = (sentAtMs: number, curatorNowMs: number, receivedAtMs: number): ClockComparison => {
  const clocks = new ClockComparison();
  clocks.exchanged(sentAtMs, curatorNowMs, receivedAtMs);
  return clocks;
};

describe('a comparison of clocks', () => {
  it('knows nothing before the first exchange', () => {
    expect([new ClockComparison().offsetMs, new ClockComparison().off]).toEqual([null, false]);
  });

  it.each([
    { sent: 10_000, curator: 10_100, received: 10_200, offset: 0, off: false },
    { sent: 10_000, curator: 9_000, received: 10_100, offset: 1_050, off: false },
    { sent: 10_000, curator: 8_999, received: 10_000, offset: 1_001, off: true },
    { sent: 10_000, curator: 11_001, received: 10_000, offset: -1_001, off: true },
    { sent: 10_000, curator: 11_000, received: 10_000, offset: -1_000, off: false },
    { sent: 10_000, curator: 10_000, received: 14_000, offset: 2_000, off: false },
  ])('takes half of the round trip off: $sent, $curator, $received', ({ sent, curator, received, offset, off }) => {
    const clocks = compared(sent, curator, received);
    expect([clocks.offsetMs, clocks.off]).toEqual([offset, off]);
  });
});
