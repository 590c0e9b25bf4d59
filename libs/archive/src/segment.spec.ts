import type { EntryFrame } from '@intendant/wal';
import { executionIn, LogBook } from '@intendant/wal/testing';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CHAIN_START, decodeSegment, encodeSegment, sealSegment } from './segment.js';

const frames = (count: number, from = 1): EntryFrame[] => {
  const book = new LogBook();
  return Array.from({ length: count }, (_, index) => {
    const { records: _records, ...entry } = book.next(executionIn(1, index % 3), 1 + (index % 2));
    return { kind: 'entry', epoch: 4, position: from + index, entry };
  });
};
const header = { logId: 'log-1', partition: 1, from: 1, previous: CHAIN_START };

describe('a segment', () => {
  it('comes back as it was', () => {
    const sealed = sealSegment(header, frames(7));
    expect(sealed).toMatchObject({ from: 1, to: 7 });
    expect(decodeSegment(encodeSegment(sealed), 'here')).toEqual(sealed);
  });

  it('is named by everything in it and before it', () => {
    const chains = [
      sealSegment(header, frames(2)),
      sealSegment(header, frames(3)),
      sealSegment({ ...header, partition: 2 }, frames(2)),
      sealSegment({ ...header, logId: 'log-2' }, frames(2)),
      sealSegment({ ...header, previous: '1'.repeat(64) }, frames(2)),
    ].map(({ chain }) => chain);
    expect(new Set(chains).size).toBe(chains.length);
  });

  it('holds dense positions, at least one', () => {
    expect(() => sealSegment(header, [])).toThrow(RangeError);
    expect(() => sealSegment(header, frames(2, 2))).toThrow(RangeError);
    expect(() => sealSegment(header, [...frames(1), ...frames(1, 3)])).toThrow('dense positions');
  });

  it('never says anything else, whichever bit was changed and wherever it was cut', () => {
    const sealed = sealSegment(header, frames(5));
    const bytes = encodeSegment(sealed);
    /** What it says, or that it was refused; the deflated form has some bits without a meaning. */
    const said = (changed: Buffer) => {
      try {
        return decodeSegment(changed, 'the place');
      } catch (error) {
        expect(error).toMatchObject({ name: 'LogCorrupt', message: expect.stringContaining('the place') });
        return sealed;
      }
    };
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(7), (at, bit) => {
        expect(() => decodeSegment(bytes.subarray(0, at), 'the place')).toThrow('the place');
        const flipped = Buffer.from(bytes);
        flipped[at] = (flipped[at] as number) ^ (1 << bit);
        expect(said(flipped)).toEqual(sealed);
      }),
    );
  });

  it('is refused when an entry in it is not what was hashed, however well it was sealed', () => {
    const [first, second] = frames(2) as [EntryFrame, EntryFrame];
    const forged = { ...second, entry: { ...second.entry, body: Buffer.from('{}') } };
    const bytes = encodeSegment(sealSegment(header, [first, forged]));
    expect(() => decodeSegment(bytes, 'here')).toThrow('hash does not match the bytes');
  });
});
