import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { layoutOf } from './copybook.js';

const policies = readFileSync(new URL('../../data/policies.cpy', import.meta.url), 'utf8');

const failureOf = (source: string): unknown => {
  try {
    return layoutOf(source);
  } catch (error) {
    return error;
  }
};

describe('copybook', () => {
  it('lays the 204-byte policy record out', () => {
    const { recordName, recordLength, fields } = layoutOf(policies);
    expect([recordName, recordLength]).toEqual(['POLICY-RECORD', 204]);
    expect(fields.map(({ name, offset, length }) => [name, offset, length])).toEqual([
      ['POLICY-NUMBER', 0, 12],
      ['INSURED-NAME', 12, 50],
      ['DATE-OF-BIRTH', 62, 10],
      ['POLICY-TYPE', 72, 20],
      ['FACE-AMOUNT', 92, 10],
      ['PREMIUM', 102, 10],
      ['CASH-VALUE', 112, 12],
      ['BENEFICIARY-NAME', 124, 50],
      ['STATUS', 174, 10],
      ['EFFECTIVE-DATE', 184, 10],
      ['EXPIRATION-DATE', 194, 10],
    ]);
    expect(fields[6]?.type).toEqual({ kind: 'number', digits: 12, scale: 2, signed: false });
  });

  it('repeats tables, qualifies names that are not unique and counts FILLER', () => {
    const { recordLength, fields } = layoutOf(`
      01 ORDER-REC.
         05 ORDER-ID PIC 9(6).
         05 BILL-TO. 10 CITY PIC X(4).
         05 SHIP-TO. 10 CITY PIC X(4).
         05 FILLER PIC X(2).
         05 LINE-ITEM OCCURS 2 TIMES INDEXED BY IX.
            10 SKU PIC X(3).
            10 QTY PIC S9(3) COMP-3 OCCURS 2.
    `);
    expect(fields.map(({ name, offset }) => `${name}@${offset}`)).toEqual([
      'ORDER-ID@0',
      'BILL-TO.CITY@6',
      'SHIP-TO.CITY@10',
      'SKU(1)@16',
      'QTY(1,1)@19',
      'QTY(1,2)@21',
      'SKU(2)@23',
      'QTY(2,1)@26',
      'QTY(2,2)@28',
    ]);
    expect(recordLength).toBe(30);
  });

  it.each([
    ['PIC S9(7)V99 COMP-3.', 5],
    ['PICTURE IS S9(8) USAGE IS PACKED-DECIMAL.', 5],
    ['PIC S9(4) COMP.', 2],
    ['PIC 9(9) BINARY.', 4],
    ['PIC S9(10) COMP-4.', 8],
    ['PIC S9(3) SIGN IS LEADING SEPARATE CHARACTER.', 4],
    ['PIC S9(3).', 3],
    ["PIC XX(3)A9 VALUE 'A. B'.", 6],
    ['PIC 99V9(3) BLANK WHEN ZERO.', 5],
  ])('gives 05 F %s its bytes', (clauses, bytes) => {
    expect(layoutOf(`01 R. 05 F ${clauses}`).recordLength).toBe(bytes);
  });

  it('inherits the usage of a group, skips conditions and needs no 01 level', () => {
    const { recordName, recordLength } = layoutOf(`
      05 AMOUNTS COMP-3.
         10 A PIC 9(5).
      05 STATE PIC X. 88 OPEN-STATE VALUE 'O' 'P'. 88 SHUT VALUE 'S'.
    `);
    expect([recordName, recordLength]).toEqual([null, 4]);
  });

  describe('fixed format', () => {
    const line = (number: string, indicator: string, text: string): string =>
      `${number}${indicator}${text.padEnd(65)}IDENT001`;
    const record = line('000200', ' ', '01 R.');
    const field = line('000300', ' ', '   05 A PIC X(7).');

    it.each([
      ['comments', [line('000100', '*', 'A COMMENT.'), record, field]],
      ['a line end after the last line', [record, field, '']],
      ['blank lines', ['', record, '', '   ', field, '', '']],
      ['a line with a sequence number only', ['000100', record, '000250 ', field, 'ABC999']],
      ['letters in sequence numbers', [line('ABC001', ' ', '01 R.'), line('abc002', ' ', '   05 A PIC X(7).')]],
      ['no sequence numbers', [line('      ', ' ', '01 R.'), line('      ', ' ', '   05 A PIC X(7).')]],
      ['an inline comment', [record, line('000300', ' ', "   05 A PIC X(7). *> it's A.")]],
    ])('is read with %s', (_, lines) => {
      for (const lineEnd of ['\n', '\r\n', '\r']) expect(layoutOf(lines.join(lineEnd)).recordLength).toBe(7);
    });

    it('is not taken when a line does not keep it', () => {
      const long = `       05 ${'A'.repeat(30)}${' '.repeat(33)}PIC X(3).`;
      expect(layoutOf(`01 R.\n${long}`).recordLength).toBe(3);
      expect(layoutOf('01 R.\n05 A PIC X(3)\nOCCURS 2.\n').recordLength).toBe(6);
    });
  });

  it('takes a comment sign within a literal as text', () => {
    expect(layoutOf(`01 R.\n 05 A PIC X(2) VALUE "*>".\n 05 B PIC X VALUE'*>'. *> "no\n`).recordLength).toBe(3);
    expect(layoutOf('01 R.\n 05 A PIC X(2).*> no space\n').recordLength).toBe(2);
    expect(failureOf('01 R.\n 05 A PIC X VALUE "*>.\n')).toMatchObject({ options: { details: { line: 2 } } });
  });

  it.each([
    [
      '01 R.\n 05 A PIC X(4).\n 05 B REDEFINES A PIC 9(4).',
      'copybook_not_supported',
      { line: 3, feature: 'REDEFINES' },
    ],
    ['01 R.\n 05 N PIC 9.\n 05 T PIC X OCCURS 1 TO 5 TIMES DEPENDING ON N.', 'copybook_not_supported', { line: 3 }],
    ['01 R.\n 05 A COMP-1.', 'copybook_not_supported', { line: 2, feature: 'COMP-1' }],
    ['01 R.\n 05 A PIC S9(4) COMP SYNC.', 'copybook_not_supported', { line: 2, feature: 'SYNC' }],
    ['01 R.\n COPY OTHER.', 'copybook_not_supported', { line: 2, feature: 'COPY' }],
    ['01 R.\n 05 A PIC ZZ9.99.', 'picture_not_supported', { line: 2, picture: 'ZZ9.99' }],
    ['01 R.\n 05 A PIC 9(40).', 'picture_not_supported', { line: 2 }],
    ['01 R.\n 05 A PIC 9(4)VV9.', 'picture_not_supported', { line: 2 }],
    ['01 R.\n 05 A PIC X(0).', 'picture_not_supported', { line: 2 }],
    ['01 R.\n 05 A PIC X(4) COMP-3.', 'copybook_malformed', { line: 2 }],
    ['01 R.\n 05 A.', 'copybook_malformed', { line: 2 }],
    ['01 R.\n 05 A PIC X\n', 'copybook_malformed', { line: 2 }],
    ['01 R.\n 05 A PIC 9 BLANK WHEN SPACE.', 'copybook_malformed', { line: 2 }],
    ['01 R.\n 05 A PICTUR X.', 'copybook_malformed', { line: 2 }],
    ['01 R.\n 05 A PIC X.\n 05 A PIC X.', 'copybook_duplicate_field', { line: 3, field: 'A' }],
    ['01 R PIC X.\n01 S PIC X.', 'copybook_multiple_records', { line: 2, record: 'S' }],
    ['01 R.\n 05 A OCCURS 9000.\n 10 B OCCURS 9000 PIC X.', 'copybook_too_large', { line: 3 }],
    ['policy_number,insured_name\n', 'copybook_malformed', { line: 1 }],
    ['', 'copybook_malformed', {}],
  ])('refuses %j', (source, code, details) => {
    expect(failureOf(source)).toMatchObject({ code, options: { details } });
  });
});
