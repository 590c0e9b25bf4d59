import { type InferredType, inferType, isMissing, type ValueCounts } from './column-type.js';
import type { ParsedColumn, ParsedRecord } from './parsed-content.js';

/** A value of a column with where it stands. */
export interface Cell {
  readonly row: number;
  /** Line of the source file, or null when the format has none. */
  readonly line: number | null;
  readonly value: string;
}

/** A value as its column's type reads it. */
export interface TypedCell extends Cell {
  /** Whether it is of the type. */
  readonly valid: boolean;
  /** The number, or the day number of a date; undefined when there is none. */
  readonly number: number | undefined;
}

export interface ColumnData {
  readonly name: string;
  readonly inferred: InferredType;
  /** The cells that say something, in row order. */
  readonly cells: readonly TypedCell[];
  readonly counts: ValueCounts;
  /** Numbers that stand for a value with more digits than they have. */
  readonly inexact: ReadonlySet<number>;
  readonly missing: number;
}

const SHOWN_CHARACTERS = 200;

/** The columns of a table, each with its type and its values. */
export function columnsOf(records: readonly ParsedRecord[], columns: readonly ParsedColumn[]): ColumnData[] {
  return columns.map(({ name, type }) => {
    const cells = cellsOf(records, name);
    const counts = new Map<string, number>();
    for (const { value } of cells) counts.set(value, (counts.get(value) ?? 0) + 1);
    const inferred = inferType(counts, type);
    const readings = new Map<string, Pick<TypedCell, 'valid' | 'number'>>();
    const inexact = new Set<number>();
    for (const value of counts.keys()) {
      const number = inferred.numeric(value);
      readings.set(value, { valid: inferred.accepts(value), number });
      if (number !== undefined && !inferred.keepsDigits(value)) inexact.add(number);
    }
    const typed = cells.map(({ row, line, value }): TypedCell => {
      const { valid = false, number } = readings.get(value) ?? {};
      return { row, line, value, valid, number };
    });
    return { name, inferred, cells: typed, counts, inexact, missing: records.length - cells.length };
  });
}

function cellsOf(records: readonly ParsedRecord[], name: string): Cell[] {
  const cells: Cell[] = [];
  for (const { row, line, values } of records) {
    const value = Object.hasOwn(values, name) ? values[name] : null;
    if (!isMissing(value)) cells.push({ row, line: line ?? null, value: String(value).trim() });
  }
  return cells;
}

/** A cell as reports show it. */
export const shown = ({ row, line, value }: Cell): { row: number; line: number | null; value: string } => ({
  row,
  line,
  value: value.length > SHOWN_CHARACTERS ? `${value.slice(0, SHOWN_CHARACTERS)}…` : value,
});

/** Values with how often they occur, most frequent first, then in order of first occurrence. */
export const frequencies = (counts: ValueCounts): { value: string; count: number }[] =>
  [...counts].map(([value, count]) => ({ value, count })).toSorted((a, b) => b.count - a.count);

const DECIMALS = 6;
/** More than `toFixed` takes. */
const DECIMALS_MAX = 100;

/**
 * Rounded to six decimals, so that a report does not show the noise of floating point; for values on a smaller scale to
 * six digits of that.
 */
export function rounded(number: number, scale = 1): number {
  const decimals = Math.max(DECIMALS, DECIMALS - 1 - Math.floor(Math.log10(Math.abs(scale))));
  if (Math.abs(number) >= 1e9 || decimals > DECIMALS_MAX) return number;
  // Adding 0 makes a negative zero one without a sign.
  return decimals === DECIMALS ? Math.round(number * 1e6) / 1e6 + 0 : Number(number.toFixed(decimals)) + 0;
}

/** Part of a whole, from 0 to 1; null when there is no whole. */
export const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : rounded(part / whole));
