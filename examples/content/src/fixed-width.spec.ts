import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { layoutOf } from './copybook.js';
import { decodeCp037, encodeCp037 } from './ebcdic.js';
import { readFixedWidth } from './fixed-width.js';

const data = (name: string): Buffer => readFileSync(new URL(`../../data/${name}`, import.meta.url));
const policyLayout = layoutOf(data('policies.cpy').toString());
const oneField = (clauses: string) => layoutOf(`01 R. 05 F ${clauses}.`);

function decoded(clauses: string, bytes: Uint8Array, encoding: 'ascii' | 'cp037' = 'ascii'): string | null | undefined {
  return [...readFixedWidth(bytes, oneField(clauses), { encoding }).records][0]?.values.F;
}

/** `123`, scale 2 → `1.23`. */
function decimalText(number: bigint, scale: number): string {
  const digits = (number < 0n ? -number : number).toString().padStart(scale + 1, '0');
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return number < 0n ? `-${text}` : text;
}

const numberOfDigits = fc
  .tuple(fc.integer({ min: 1, max: 18 }), fc.integer({ min: 0, max: 6 }))
  .chain(([whole, scale]) => {
    const limit = 10n ** BigInt(whole + scale) - 1n;
    return fc.record({ whole: fc.constant(whole), scale: fc.constant(scale), number: fc.bigInt(-limit, limit) });
  });
const picture = (whole: number, scale: number): string => `PIC S9(${whole})${scale ? `V9(${scale})` : ''}`;

describe('fixed-width records', () => {
  it('reads the policies with exact amounts', () => {
    const { recordCount, recordDelimiter, records } = readFixedWidth(data('policies.bin'), policyLayout, {
      encoding: 'ascii',
    });
    const [first] = [...records];
    expect([recordCount, recordDelimiter]).toEqual([25, 'none']);
    expect(first).toMatchObject({ row: 1, offset: 0, values: { 'POLICY-NUMBER': 'POL-2024-001', STATUS: 'ACTIVE' } });
    expect([first?.values['FACE-AMOUNT'], first?.values.PREMIUM, first?.values['CASH-VALUE']]).toEqual([
      '1000000',
      '302.21',
      '107564.46',
    ]);
  });

  it('refuses 212-byte records against the 204-byte copybook and names both lengths', () => {
    expect(() => readFixedWidth(data('policies_212.bin'), policyLayout, { encoding: 'ascii' })).toThrow(
      expect.objectContaining({
        code: 'record_length_mismatch',
        message: expect.stringMatching(/204-byte.*212 bytes/),
        options: {
          details: { copybookRecordLength: 204, contentBytes: 2120, remainderBytes: 80, fittingRecordLengths: [212] },
        },
      }),
    );
    expect(() =>
      readFixedWidth(data('policies.bin'), policyLayout, { encoding: 'ascii', expectedRecordLength: 212 }),
    ).toThrow(
      expect.objectContaining({
        code: 'record_length_mismatch',
        options: { details: { copybookRecordLength: 204, expectedRecordLength: 212 } },
      }),
    );
  });

  it('does not read a shifted layout when the sizes happen to divide', () => {
    const records = Buffer.concat(Array.from({ length: 51 }, () => data('policies_212.bin').subarray(0, 212)));
    expect(records.length % 204).toBe(0);
    expect(() => [...readFixedWidth(records, policyLayout, { encoding: 'ascii' }).records]).toThrow(
      expect.objectContaining({
        code: 'invalid_field_value',
        options: {
          details: expect.objectContaining({
            row: 2,
            field: 'FACE-AMOUNT',
            otherFittingRecordLengths: expect.arrayContaining([212]),
          }),
        },
      }),
    );
  });

  it.each(['\n', '\r\n'])('reads one record a line (%j), with or without the last line end', (end) => {
    const layout = oneField('PIC X(3)');
    for (const text of [`abc${end}de ${end}`, `abc${end}de `]) {
      const values = [...readFixedWidth(Buffer.from(text), layout, { encoding: 'ascii' }).records].map(
        ({ values }) => values.F,
      );
      expect(values).toEqual(['abc', 'de']);
    }
    expect(() => readFixedWidth(Buffer.from(`abc${end}defg${end}`), layout, { encoding: 'ascii' })).toThrow(
      expect.objectContaining({ options: { details: expect.objectContaining({ line: 2, actualRecordLength: 4 }) } }),
    );
  });

  it.each([
    ['PIC S9(3)', '12C', '123'],
    ['PIC S9(3)', '12L', '-123'],
    ['PIC S9(3)', '12}', '-120'],
    ['PIC S9(3)', '12s', '-123'],
    ['PIC S9(3) SIGN LEADING', 'J23', '-123'],
    ['PIC S9(3) SIGN TRAILING SEPARATE', '123-', '-123'],
    ['PIC S9(3) SIGN LEADING SEPARATE', '+123', '123'],
    ['PIC S9V99', '00}', '0.00'],
    ['PIC V99', '05', '0.05'],
    ['PIC 9(10)V99', '000012345678', '123456.78'],
    ['PIC 9(4)', '    ', null],
    ['PIC 9(3) BLANK WHEN ZERO', '   ', '0'],
    ['PIC 9(3)V99 BLANK WHEN ZEROS', '     ', '0.00'],
    ['BLANK ZERO PIC 9(3)', '012', '12'],
    ['PIC 9(3) BLANK WHEN ZERO', '\0\0\0', null],
    ['PIC X(6)', '  ab  ', '  ab'],
  ])('%s reads %j as %j', (clauses, bytes, value) => {
    expect(decoded(clauses, Buffer.from(bytes))).toBe(value);
  });

  it.each([
    ['PIC 9(3)', Buffer.from('12C')],
    ['PIC 9(3)', Buffer.from(' 12')],
    ['PIC S9(3) SIGN TRAILING SEPARATE', Buffer.from('1234')],
    ['PIC X(3)', Buffer.from('aé')],
    ['PIC 9(3) COMP-3', Buffer.from('123d', 'hex')],
    ['PIC S9(3) COMP-3', Buffer.from('1231', 'hex')],
    ['PIC S9(2) COMP-3', Buffer.from('123c', 'hex')],
    ['PIC S9(3) COMP-3', Buffer.from('1a3c', 'hex')],
    ['PIC 9(4) COMP', Buffer.from('ffff', 'hex')],
  ])('%s refuses other bytes and names record, field and bytes', (clauses, bytes) => {
    expect(() => decoded(clauses, bytes)).toThrow(
      expect.objectContaining({
        code: 'invalid_field_value',
        options: { details: expect.objectContaining({ row: 1, field: 'F', offset: 0, hex: bytes.toString('hex') }) },
      }),
    );
  });

  it('reads code page 37, zoned signs included', () => {
    expect(decoded('PIC X(5)', Buffer.from('c8859393d6', 'hex'), 'cp037')).toBe('HellO');
    expect(decoded('PIC S9(3)V99', Buffer.from('f0f1f2f3d4', 'hex'), 'cp037')).toBe('-12.34');
    expect(decoded('PIC 9(3)', Buffer.from('404040', 'hex'), 'cp037')).toBeNull();
  });

  it('maps code page 37 to Latin-1 one to one', () => {
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    expect(encodeCp037(decodeCp037(all))).toEqual(all);
    expect(new Set(decodeCp037(all)).size).toBe(256);
    expect(encodeCp037('€')).toBeUndefined();
  });

  it('reads back every packed number', () => {
    fc.assert(
      fc.property(numberOfDigits, ({ whole, scale, number }) => {
        const digits = (number < 0n ? -number : number).toString();
        const nibbles = (Math.floor((whole + scale) / 2) + 1) * 2;
        const bytes = Buffer.from(digits.padStart(nibbles - 1, '0') + (number < 0n ? 'd' : 'c'), 'hex');
        expect(decoded(`${picture(whole, scale)} COMP-3`, bytes)).toBe(decimalText(number, scale));
      }),
    );
  });

  it('reads back every zoned number in ASCII and EBCDIC', () => {
    fc.assert(
      fc.property(numberOfDigits, ({ whole, scale, number }) => {
        const digits = (number < 0n ? -number : number).toString().padStart(whole + scale, '0');
        const text = digits.slice(0, -1) + (number < 0n ? '}JKLMNOPQR' : '{ABCDEFGHI').charAt(Number(digits.slice(-1)));
        expect(decoded(picture(whole, scale), Buffer.from(text))).toBe(decimalText(number, scale));
        expect(decoded(picture(whole, scale), encodeCp037(text) as Uint8Array, 'cp037')).toBe(
          decimalText(number, scale),
        );
      }),
    );
  });

  it('reads back every binary number', () => {
    fc.assert(
      fc.property(fc.bigInt(-(10n ** 18n) + 1n, 10n ** 18n - 1n), (number) => {
        const bytes = Buffer.alloc(8);
        bytes.writeBigInt64BE(number);
        expect(decoded('PIC S9(18) COMP', bytes)).toBe(number.toString());
      }),
    );
  });

  it('finds every text again at its place, whatever stands before it', () => {
    const text = fc
      .string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 12 })
      .map((value) => `${value.trimEnd()}`);
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 8 }), fc.nat(5), (values, filler) => {
        const widths = values.map((value) => value.length + 1 + filler);
        const items = widths.map((width, index) => `05 F${index} PIC X(${width}).`).join(' ');
        const record = values.map((value, index) => value.padEnd(widths[index] as number)).join('');
        const { records } = readFixedWidth(Buffer.from(record + record), layoutOf(`01 R. ${items}`), {
          encoding: 'ascii',
        });
        const expected = Object.fromEntries(values.map((value, index) => [`F${index}`, value]));
        expect([...records].map((found) => found.values)).toEqual([expected, expected]);
      }),
    );
  });
});
