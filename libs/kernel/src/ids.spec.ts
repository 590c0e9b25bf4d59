import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { IdSource, isIdOf, SLOT_COUNT, slotOfId, slotOfKey } from './ids.js';
import { seededRandom } from './testing/index.js';

const AT_MS = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const at = (nowMs: number, seed = 1) => new IdSource({ nowMs: () => nowMs }, seededRandom(seed));

describe('ids', () => {
  it('say their kind and the time they were made, and route themselves', () => {
    const id = at(AT_MS).next('exe', 0xbeef);
    expect(id).toMatch(/^exe_[0-9a-f]{32}$/);
    expect(Number.parseInt(id.slice(4, 16), 16)).toBe(AT_MS);
    expect(slotOfId(id)).toBe(0xbeef);
  });

  it('carry every slot there and back', () => {
    const ids = at(AT_MS);
    fc.assert(
      fc.property(fc.nat(SLOT_COUNT - 1), (slot) => {
        expect(slotOfId(ids.next('ses', slot))).toBe(slot);
      }),
    );
    expect(slotOfId(ids.next('exe', 0))).toBe(0);
    expect(slotOfId(ids.next('exe', SLOT_COUNT - 1))).toBe(SLOT_COUNT - 1);
  });

  it('fall into random slots when none is asked for', () => {
    const ids = at(AT_MS);
    const quarters = new Set(
      Array.from({ length: 200 }, () => Math.floor((slotOfId(ids.next('evt')) as number) / 0x4000)),
    );
    expect([...quarters].sort((a, b) => a - b)).toEqual([0, 1, 2, 3]);
  });

  it('stay unique and in order, 100,000 in one millisecond', () => {
    const ids = at(AT_MS);
    const made = Array.from({ length: 100_000 }, () => ids.next('exe', 7));
    expect(new Set(made).size).toBe(made.length);
    expect(made).toEqual([...made].sort());
  });

  it('stay in order when the clock steps back, and follow it when it goes on', () => {
    const times = [AT_MS, AT_MS - 5_000, AT_MS - 1, AT_MS + 1, AT_MS + 1, AT_MS];
    const ids = new IdSource({ nowMs: () => times.shift() ?? AT_MS }, seededRandom(2));
    const made = Array.from({ length: 6 }, () => ids.next('exe', 0).slice(0, 19));
    expect(made).toEqual([...made].sort());
    expect(new Set(made).size).toBe(6);
    expect(made[3]).toBe(`exe_${(AT_MS + 1).toString(16).padStart(12, '0')}000`);
  });

  it('of the same clock and seed are the same', () => {
    expect(at(AT_MS, 9).next('exe')).toBe(at(AT_MS, 9).next('exe'));
    expect(at(AT_MS, 9).next('exe')).not.toBe(at(AT_MS, 10).next('exe'));
  });

  it('are told from what is not one', () => {
    const id = at(AT_MS).next('bct');
    expect(isIdOf('bct', id)).toBe(true);
    expect(isIdOf('exe', id)).toBe(false);
    for (const text of [
      '',
      'bct_',
      id.slice(1),
      `${id}0`,
      id.toUpperCase(),
      id.replace('_', '-'),
      `bct_${'g'.repeat(32)}`,
      `x${id}`,
    ])
      expect([text, isIdOf('bct', text)]).toEqual([text, false]);
    expect(slotOfId('refusals/acme')).toBeUndefined();
  });
});

describe('UUIDs', () => {
  it('have the layout of version 7 (RFC 9562)', () => {
    const ids = at(AT_MS);
    for (let i = 0; i < 1_000; i += 1) {
      const uuid = ids.nextUuid();
      expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(Number.parseInt(uuid.slice(0, 13).replace('-', ''), 16)).toBe(AT_MS);
    }
  });

  it('stay unique and in order, 100,000 in one millisecond', () => {
    const ids = at(AT_MS);
    const made = Array.from({ length: 100_000 }, () => ids.nextUuid());
    expect(new Set(made).size).toBe(made.length);
    expect(made).toEqual([...made].sort());
  });
});

describe('slots of keys', () => {
  it('are agreed on by every holder and tell the parts apart', () => {
    expect(slotOfKey('acme', 'ada', 'key-1')).toBe(slotOfKey('acme', 'ada', 'key-1'));
    expect(slotOfKey('a', 'bc')).not.toBe(slotOfKey('ab', 'c'));
    expect(slotOfKey('["a"', 'b]')).not.toBe(slotOfKey('a', 'b'));
  });

  it('are spread evenly', () => {
    const counts = Array.from({ length: 16 }, () => 0);
    for (let i = 0; i < 16_000; i += 1) {
      const slot = slotOfKey('acme', `key-${i}`) % 16;
      counts[slot] = (counts[slot] ?? 0) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(850);
    expect(Math.max(...counts)).toBeLessThan(1_150);
  });
});
