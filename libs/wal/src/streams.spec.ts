import { describe, expect, it } from '@jest/globals';
import { auditOf, contentOf, partitionOf, refusalsOf, slotOfStream } from './streams.js';
import { executionIn } from './testing/index.js';

describe('placement', () => {
  it('follows the slot in an id', () => {
    expect(slotOfStream(executionIn(0x1234))).toBe(0x1234);
    expect(partitionOf(executionIn(0x1234), 16)).toBe(4);
    expect(partitionOf(executionIn(0xffff), 10)).toBe(5);
  });

  it('follows the name of a stream that has no id', () => {
    const names = [refusalsOf('acme'), auditOf('acme'), contentOf('acme')];
    expect(names).toEqual(['refusals/acme', 'audit/acme', 'content/acme']);
    expect(names.map((name) => partitionOf(name, 16))).toEqual(names.map((name) => slotOfStream(name) % 16));
    expect(new Set(names.map(slotOfStream)).size).toBe(names.length);
  });

  it('is for ever: a log depends on it', () => {
    expect(slotOfStream('refusals/acme')).toBe(41661);
  });
});
