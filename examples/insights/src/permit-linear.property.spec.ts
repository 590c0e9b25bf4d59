import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cpuStopwatch } from '../../testing/cpu-time.js';
import { LINE_CHARACTERS_MAX } from './permit-lines.js';
import { permitObject } from './permit-rules.js';

/** Far above what the rules take, far below what one pattern that walks back takes. */
const LONGEST_MS = 5_000;
const TEXT_CHARACTERS = 500_000;

/** Beginnings of what the rules look for, to be repeated without an end that fits. */
const PIECES = [
  'x permit issued ',
  'This permit is issued by the ',
  'Permit granted to A ',
  'Permit:',
  'Permit Number: ',
  'permit (',
  'Issued to A B ',
  'by Mar ',
  'janmay',
  '1 ',
  '1,',
  '1.1.',
  'Section 1',
  'Section 1(a)',
  '§',
  'Texas and ',
  'A',
  'a',
  '.',
  '_',
  '|',
  ' ',
  '\t',
  'A; ',
  'A. B',
  'Location: a,',
  'The operator shall ',
  'within 1 ',
  'not exceed 1',
  'not be required ',
  'Conditions: ',
  '- a ',
  '12-Mar-',
  'x: y ',
  'due before ',
  'é́',
];

function msOf(lines: readonly string[]): number {
  const elapsed = cpuStopwatch();
  permitObject(lines.map((text, index) => ({ line: index + 1, text })));
  return elapsed();
}

/** The text cut into lines as a printed document has them. */
const cut = (text: string, length: number): string[] =>
  Array.from({ length: Math.ceil(text.length / length) }, (_, index) =>
    text.slice(index * length, (index + 1) * length),
  );

describe('permit rules end', () => {
  it.each(PIECES)('on half a million characters of %j, in lines of any length', (piece) => {
    const text = piece.repeat(TEXT_CHARACTERS / piece.length);
    for (const length of [100, LINE_CHARACTERS_MAX]) expect(msOf(cut(text, length))).toBeLessThan(LONGEST_MS);
    expect(msOf([text])).toBeLessThan(LONGEST_MS);
    expect(msOf([`${text}!`, `${text.slice(0, LINE_CHARACTERS_MAX - 1)}!`])).toBeLessThan(LONGEST_MS);
  });

  it('on 64 KB of any pieces one after the other', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 6 }),
        fc.constantFrom(80, 400, LINE_CHARACTERS_MAX),
        (pieces, length) => {
          const unit = pieces.join('');
          return msOf(cut(unit.repeat(Math.ceil(65_536 / unit.length)), length)) < LONGEST_MS;
        },
      ),
      { numRuns: 60 },
    );
  });

  it('counts what it does not read', () => {
    const { findings } = permitObject([
      { line: 1, text: 'x permit issued '.repeat(4_000) },
      { line: 2, text: 'Permit Number: A-1' },
    ]);
    expect(findings).toEqual([
      { code: 'text_not_read', field: null, sourceLine: 1, message: expect.stringContaining('1 line(s)') },
    ]);
  });
});
