import { describe, expect, it } from '@jest/globals';
import { digestOf, sha256Hex } from './digest.js';
import { err, ok } from './result.js';

describe('digests', () => {
  it('are SHA-256 in lower-case hex', () => {
    expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(sha256Hex(new Uint8Array())).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  it('of values depend on the value, not on how it was written', () => {
    expect(digestOf({ b: 1, a: [1.0] })).toBe(sha256Hex('{"a":[1],"b":1}'));
    expect(digestOf({ a: [1], b: 1 })).toBe(digestOf({ b: 1, a: [1] }));
    expect(digestOf({ a: '1' })).not.toBe(digestOf({ a: 1 }));
  });
});

describe('results', () => {
  it('are a value or a failure', () => {
    expect([ok(1), err('no')]).toEqual([
      { ok: true, value: 1 },
      { ok: false, error: 'no' },
    ]);
  });
});
