import { describe, expect, it } from '@jest/globals';
import { layoutOf } from './copybook.js';
import { encodeCp037 } from './ebcdic.js';
import { type MainframeEncoding, readFixedWidth } from './fixed-width.js';

const sevenBytes = layoutOf('01 R. 05 A PIC X(3). 05 B PIC X(4).');
const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');

function valuesOf(bytes: Uint8Array, layout = sevenBytes, encoding: MainframeEncoding = 'ascii') {
  return [...readFixedWidth(bytes, layout, { encoding }).records].map(({ values }) => Object.values(values).join('|'));
}

const lengthsOf = (copybookRecordLength: number, line: number, bytes: number) =>
  expect.objectContaining({
    code: 'record_length_mismatch',
    message: expect.stringMatching(`${copybookRecordLength}-byte records, line ${line} of the file has ${bytes} bytes`),
    options: { details: expect.objectContaining({ copybookRecordLength, line, actualRecordLength: bytes }) },
  });

describe('line ends in a file of fixed-width records', () => {
  it.each([
    ['lines as much shorter as their line end is long', 'abcdef\nghijkl\nmnopqr\n', 1, 6],
    ['the same with CR and LF', 'abcde\r\nghijk\r\n', 1, 5],
    ['the same with CR', 'abcdef\rghijkl\r', 1, 6],
    ['the same with LF and with CR and LF', 'abcdef\nghijk\r\n', 1, 6],
    ['one line', 'abcdef\n', 1, 6],
    ['one line and the end mark of DOS', 'abcde\n\x1a', 1, 5],
    ['lines with CR and LF, one shorter', 'abcdef\r\nghijkl\r\n', 1, 6],
    ['lines of which one has CR and LF', 'abcdefg\nhijklm\r\n', 2, 6],
    ['lines of which one has only LF', 'abcdefg\r\nhijklmnX\n', 2, 8],
    ['lines with CR twice', 'abcdef\r\r\n', 1, 6],
    ['lines that make a record only together', 'abc\ndef\nghi\njkl\n', 1, 3],
    ['longer lines whose sum is a number of records', 'abcdefgh\n'.repeat(7), 1, 8],
    ['the same without the last line end', 'abcdefgh\n'.repeat(4).slice(0, -1), 1, 8],
    ['lines of many lengths whose sum is a number of records', 'abcdefghij\nab\nabcdef\n', 1, 10],
    ['a blank line before a short one', 'abcdefg\n\nhijklm\n', 2, 0],
    ['a blank line at the beginning', '\nabcdefhijklmn', 1, 0],
    ['blank lines at the end', `abcdefg\n${'\n'.repeat(8)}`, 2, 0],
  ])('refuses %s, and names both lengths', (_, text, line, bytes) => {
    for (const encoding of ['ascii', 'latin1', 'utf-8'] as const)
      expect(() => valuesOf(bytesOf(text), sevenBytes, encoding)).toThrow(lengthsOf(7, line, bytes));
  });

  it.each([0x15, 0x25, 0x0a])('refuses lines in EBCDIC that end with the byte %d', (end) => {
    const lines = (size: number, count: number) => {
      const line = Buffer.from(encodeCp037('abcdefghij'.slice(0, size)) as Uint8Array);
      return Buffer.concat(Array.from({ length: count }, () => Buffer.concat([line, Buffer.of(end)])));
    };
    expect(() => valuesOf(lines(6, 3), sevenBytes, 'cp037')).toThrow(lengthsOf(7, 1, 6));
    expect(() => valuesOf(lines(8, 7), sevenBytes, 'cp037')).toThrow(lengthsOf(7, 1, 8));
    expect(() => valuesOf(lines(7, 7), sevenBytes, 'cp037')).toThrow(lengthsOf(7, 1, 7));
  });

  it('refuses lines whose records have a binary field before the text at their end', () => {
    const layout = layoutOf('01 R. 05 A PIC 9(4) COMP. 05 B PIC X(4).');
    expect(() => valuesOf(bytesOf('\x00\x0aabc\n\x00\x0bdef\n'), layout)).toThrow(lengthsOf(6, 1, 5));
  });

  it.each([
    ['a binary field at the end', 'PIC X(2). 05 B PIC 9(4) COMP', 'ab\x00\x0acd\x01\x0a', ['ab|10', 'cd|266']],
    ['a line end that the copybook leaves out', 'PIC X(2). 05 FILLER PIC X', 'ab\ncd\n', ['ab', 'cd']],
    ['CR and LF that it leaves out', 'PIC X(2). 05 FILLER PIC XX', 'ab\r\ncd\r\n', ['ab', 'cd']],
    ['two lines a record', 'PIC XX. 05 FILLER PIC X. 05 B PIC XX', 'ab\ncd\nef\ngh\n', ['ab|cd', 'ef|gh']],
    ['a line feed within a text', 'PIC X(3). 05 B PIC X(4)', 'abcd\nefhijklmn', ['abc|d\nef', 'hij|klmn']],
    ['lines within texts', 'PIC X(7)', 'abcdefghij\nab\nabcdefg', ['abcdefg', 'hij\nab\n', 'abcdefg']],
    ['bytes that are no text in a field of text', 'PIC X(4)', 'b\x00\x02ca\x00\x01\n', ['b\x00\x02c', 'a\x00\x01\n']],
  ])('reads %s', (_, clauses, text, values) => {
    expect(valuesOf(bytesOf(text), layoutOf(`01 R. 05 A ${clauses}.`))).toEqual(values);
  });
});
