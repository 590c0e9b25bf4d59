import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LogCorrupt } from '../errors.js';
import { executionIn, LogBook } from '../testing/log-book.js';
import type { Frame } from './frame.js';
import { decodeFrame, encodeFrame } from './frame-codec.js';

const claims: fc.Arbitrary<Frame> = fc.record({
  kind: fc.constant('claim' as const),
  epoch: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  nonce: fc.uuid(),
});
const entries: fc.Arbitrary<Frame> = fc
  .record({ epoch: fc.integer({ min: 1 }), position: fc.integer({ min: 1 }), records: fc.integer({ min: 1, max: 3 }) })
  .map(({ epoch, position, records }) => {
    const { records: _records, ...entry } = new LogBook().next(executionIn(1, position), records);
    return { kind: 'entry', epoch, position, entry };
  });

describe('a frame', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(fc.oneof(claims, entries), (frame) => {
        expect(decodeFrame(encodeFrame(frame), 'here')).toEqual(frame);
      }),
    );
  });

  it('has bytes that stay readable', () => {
    const bytes = encodeFrame({ kind: 'claim', epoch: 7, nonce: 'n-1' });
    expect(bytes.toString('hex')).toBe('01010463ea6a00000000000000076e2d31');
  });

  it('is refused, whichever bit was changed and wherever it was cut', () => {
    fc.assert(
      fc.property(fc.oneof(claims, entries), fc.nat(), fc.nat(7), (frame, place, bit) => {
        const bytes = encodeFrame(frame);
        const at = place % bytes.length;
        expect(() => decodeFrame(bytes.subarray(0, at), 'here')).toThrow(LogCorrupt);
        bytes[at] = (bytes[at] as number) ^ (1 << bit);
        expect(() => decodeFrame(bytes, 'partition 3, offset 9')).toThrow('partition 3, offset 9');
      }),
    );
  });
});
