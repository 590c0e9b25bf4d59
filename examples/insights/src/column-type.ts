import { DATE_FORMATS, type DateFormat, dayNumber } from './dates.js';

/** A type that nearly all values of a column share. */
export type ColumnType = 'integer' | 'decimal' | 'date' | 'boolean' | 'email' | 'text';
export type NumberFormat = 'point' | 'comma';

export interface InferredType {
  readonly type: ColumnType;
  /** How numbers or dates are written; null for other types, and for slash dates whose order no value tells. */
  readonly format: NumberFormat | DateFormat | null;
  /** Whether no value tells the format of numbers: `1,234` may be a thousand or one. They are read with a decimal point then. */
  readonly formatIsGuessed?: boolean;
  /** Whether a value that is not missing is of the type. */
  readonly accepts: (value: string) => boolean;
  /** A number to calculate with: the number itself (NaN for one too small to keep), the day number of a date; undefined when there is none. */
  readonly numeric: (value: string) => number | undefined;
  /** Whether that number has all digits of the value. */
  readonly keepsDigits: (value: string) => boolean;
}

/** Share of the values that must be of a type for the column to be of it; the others count as invalid. */
export const DOMINANT_SHARE = 0.8;

const PLACEHOLDER_CHARACTERS = 4;
const PLACEHOLDERS = new Set(['n/a', '#n/a', 'null', 'nan']);
const NUMBER: Readonly<Record<NumberFormat, RegExp>> = {
  point: /^[+-]?(?:0|[1-9]\d*|[1-9]\d{0,2}(?:,\d{3})+)(?:\.\d+)?(?:[eE][+-]?\d{1,3})?$/,
  comma: /^[+-]?(?:0|[1-9]\d*|[1-9]\d{0,2}(?:\.\d{3})+)(?:,\d+)?$/,
};
const BOOLEAN = /^(?:true|false|yes|no|y|n)$/i;
const EMAIL = /^[^\s@,;]+@[^\s@,;]+\.[^\s@,;.]{2,}$/;
const nothing = (): undefined => undefined;
const always = (): boolean => true;

/** Whether a value says nothing: null, blank, or one of the customary words for "no value". */
export function isMissing(value: string | number | null | undefined): boolean {
  if (value === null || value === undefined) return true;
  const text = String(value).trim();
  return text === '' || (text.length <= PLACEHOLDER_CHARACTERS && PLACEHOLDERS.has(text.toLowerCase()));
}

/** How often each value of a column occurs: a type is judged once per distinct value. */
export type ValueCounts = ReadonlyMap<string, number>;

/** The type of a column from its values (missing ones left out). A declared number is a number, whatever its values. */
export function inferType(counts: ValueCounts, declared: 'string' | 'integer' | 'decimal' = 'string'): InferredType {
  if (declared !== 'string') return numberType(declared, 'point');
  const needed = Math.max(1, countOf(counts, () => true) * DOMINANT_SHARE);
  const point = countOf(counts, (value) => NUMBER.point.test(value));
  const comma = countOf(counts, (value) => NUMBER.comma.test(value));
  if (Math.max(point, comma) >= needed) {
    const format = comma > point ? 'comma' : 'point';
    const numbers = [...counts.keys()].filter((value) => NUMBER[format].test(value));
    const type = numbers.every((value) => Number.isInteger(toNumber(value, format))) ? 'integer' : 'decimal';
    const formatIsGuessed = comma === point && numbers.some((value) => /[.,]/.test(value));
    return { ...numberType(type, format), ...(formatIsGuessed && { formatIsGuessed }) };
  }
  if (countOf(counts, (value) => BOOLEAN.test(value)) >= needed) return wordType('boolean', BOOLEAN);
  if (countOf(counts, (value) => EMAIL.test(value)) >= needed) return wordType('email', EMAIL);
  return (
    dateType(counts, needed) ?? { type: 'text', format: null, accepts: always, numeric: nothing, keepsDigits: always }
  );
}

/** How many values, repeated ones counted each time, are accepted. */
function countOf(counts: ValueCounts, accepts: (value: string) => boolean): number {
  let sum = 0;
  for (const [value, count] of counts) if (accepts(value)) sum += count;
  return sum;
}

function numberType(type: 'integer' | 'decimal', format: NumberFormat): InferredType {
  const accepts = (value: string): boolean =>
    NUMBER[format].test(value) && (type === 'decimal' || Number.isInteger(toNumber(value, format)));
  const numeric = (value: string): number | undefined => (accepts(value) ? toNumber(value, format) : undefined);
  return { type, format, accepts, numeric, keepsDigits: (value) => keepsDigits(value, format) };
}

const wordType = (type: 'boolean' | 'email', pattern: RegExp): InferredType => ({
  type,
  format: null,
  accepts: (value) => pattern.test(value),
  numeric: nothing,
  keepsDigits: always,
});

function dateType(counts: ValueCounts, needed: number): InferredType | undefined {
  const [best, second] = DATE_FORMATS.map((format) => ({
    format,
    count: countOf(counts, (value) => dayNumber(value, format) !== undefined),
  })).toSorted((a, b) => b.count - a.count);
  if (best === undefined || best.count < needed) return undefined;
  if (best.count === second?.count) {
    const accepts = (value: string): boolean => DATE_FORMATS.some((format) => dayNumber(value, format) !== undefined);
    return { type: 'date', format: null, accepts, numeric: nothing, keepsDigits: always };
  }
  const numeric = (value: string): number | undefined => dayNumber(value, best.format);
  const accepts = (value: string): boolean => numeric(value) !== undefined;
  return { type: 'date', format: best.format, accepts, numeric, keepsDigits: always };
}

/** Smaller numbers lose digits, and then become 0. */
const LEAST_NORMAL = 2 ** -1022;

/** NaN for a number that is too small to be kept as it is written. */
function toNumber(text: string, format: NumberFormat): number {
  const written = withPoint(text, format);
  const number = Number(written);
  return Math.abs(number) < LEAST_NORMAL && /^[^eE]*[1-9]/.test(written) ? Number.NaN : number;
}

const withPoint = (text: string, format: NumberFormat): string =>
  format === 'point' ? text.replaceAll(',', '') : text.replaceAll('.', '').replace(',', '.');

/** Numbers of so many digits are told apart whatever they are. */
const DIGITS_KEPT = 15;

/** Of `0.1234567890123456789` the last digits are lost: another number is calculated with, and two may become one. */
function keepsDigits(text: string, format: NumberFormat): boolean {
  const written = withPoint(text, format);
  return written.length <= DIGITS_KEPT || significant(written) === significant(String(Number(written)));
}

/** A number as its digits from the first to the last that is no zero, and the power of ten of the last. */
function significant(written: string): string {
  const [, whole = '', fraction = '', exponent = '0'] = /^[+-]?(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(written) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const kept = digits.replace(/0+$/, '');
  return kept === '' ? '0' : `${kept}e${Number(exponent) - fraction.length + digits.length - kept.length}`;
}
