import { describe, expect, it } from '@jest/globals';
import { executionIn, LogBook } from '../testing/log-book.js';
import type { Frame } from './frame.js';
import { judgeFrame, NO_PROGRESS, type PartitionProgress, progressAfter } from './judge-frame.js';

const { records: _records, ...sample } = new LogBook().next(executionIn(0));
const claim = (epoch: number, nonce = 'a'): Frame => ({ kind: 'claim', epoch, nonce });
const entry = (epoch: number, position: number): Frame => ({ kind: 'entry', epoch, position, entry: sample });
const open: PartitionProgress = { epoch: 4, nonce: 'a', position: 9 };

describe('what a frame comes to', () => {
  it.each<[string, PartitionProgress, Frame, string]>([
    ['the first claim', NO_PROGRESS, claim(1), 'opened'],
    ['a claim above', open, claim(5), 'opened'],
    ['a claim far above', open, claim(50), 'opened'],
    ['a claim of the same epoch, by another', open, claim(4, 'b'), 'void'],
    ['a claim below', open, claim(3), 'void'],
    ['the next entry of the open epoch', open, entry(4, 10), 'counts'],
    ['an entry of a deposed writer, at the next position', open, entry(3, 10), 'void'],
    ['an entry of a deposed writer, beyond', open, entry(3, 99), 'void'],
    ['an entry that was written before', open, entry(4, 9), 'void'],
    ['an entry beyond the next position', open, entry(4, 11), 'gap'],
    ['an entry of an epoch that nobody claimed here', open, entry(5, 10), 'gap'],
    ['an entry before any claim', NO_PROGRESS, entry(1, 1), 'gap'],
  ])('%s', (_name, progress, frame, verdict) => {
    expect(judgeFrame(progress, frame)).toBe(verdict);
  });

  it('a claim keeps the position, an entry the epoch', () => {
    expect(progressAfter(open, claim(6, 'c'))).toEqual({ epoch: 6, nonce: 'c', position: 9 });
    expect(progressAfter(open, entry(4, 10))).toEqual({ epoch: 4, nonce: 'a', position: 10 });
  });
});
