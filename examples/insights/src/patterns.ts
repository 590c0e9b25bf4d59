import { sampleCorrelation } from 'simple-statistics';
import type { ValueCounts } from './column-type.js';
import { isExact, isNumberColumn, numbersOf } from './statistics.js';
import { type Cell, type ColumnData, frequencies, ratio, rounded, shown } from './table.js';

export type Pattern =
  | { readonly kind: 'unique_values'; readonly column: string }
  | { readonly kind: 'constant'; readonly column: string; readonly value: string }
  | {
      readonly kind: 'shape';
      readonly column: string;
      /** `A` capitals, `a` small letters, `9` one digit: `A9999`. */
      readonly shape: string;
      readonly share: number;
      readonly exceptions: readonly { row: number; line: number | null; value: string }[];
    }
  | {
      readonly kind: 'correlation';
      readonly columns: readonly [string, string];
      /** Pearson's coefficient over the rows that have both numbers. */
      readonly coefficient: number;
      readonly rows: number;
    };

const SHAPE_SHARE = 0.9;
const EXCEPTIONS_MAX = 5;
const CORRELATION_MIN = 0.7;
const ROWS_MIN = 10;
/** Pairs grow with the square of the columns. */
const CORRELATED_COLUMNS_MAX = 40;

/** Regularities of a table's columns and between its numeric columns. */
export function patternsOf(columns: readonly ColumnData[]): Pattern[] {
  return [...columns.flatMap(columnPatterns), ...correlations(columns.filter(isNumberColumn))];
}

function columnPatterns(column: ColumnData): Pattern[] {
  const { name, cells, counts, inferred, missing } = column;
  if (cells.length < 2) return [];
  if (counts.size === 1) return [{ kind: 'constant', column: name, value: shown(cells[0] as Cell).value }];
  const patterns: Pattern[] = [];
  if (counts.size === cells.length && missing === 0 && numbersDiffer(column))
    patterns.push({ kind: 'unique_values', column: name });
  if (inferred.type === 'text') patterns.push(...shapePattern(name, cells, counts));
  return patterns;
}

/** One number in two spellings (`-0` and `0.0`) is one value. */
function numbersDiffer(column: ColumnData): boolean {
  if (!isNumberColumn(column)) return true;
  const exact = numbersOf(column).filter((number) => isExact(number, column.inexact));
  return new Set(exact).size === exact.length;
}

function shapePattern(column: string, cells: readonly Cell[], counts: ValueCounts): Pattern[] {
  const shapes = new Map<string, number>();
  for (const [value, count] of counts) {
    const shape = shapeOf(value);
    shapes.set(shape, (shapes.get(shape) ?? 0) + count);
  }
  const [dominant] = frequencies(shapes);
  const share = dominant && ratio(dominant.count, cells.length);
  if (!dominant || !share || share < SHAPE_SHARE || !dominant.value.includes('9')) return [];
  const exceptions =
    share === 1 ? [] : cells.filter(({ value }) => shapeOf(value) !== dominant.value).slice(0, EXCEPTIONS_MAX);
  return [{ kind: 'shape', column, shape: dominant.value, share, exceptions: exceptions.map(shown) }];
}

/** Letters by kind with runs shortened to one, digits one by one, anything else as it is. */
const shapeOf = (value: string): string =>
  value
    .slice(0, 64)
    .replace(/\p{Lu}+/gu, 'A')
    .replace(/\p{Ll}+/gu, 'a')
    .replace(/\d/g, '9');

function correlations(columns: readonly ColumnData[]): Pattern[] {
  const compared = columns
    .slice(0, CORRELATED_COLUMNS_MAX)
    .map((column) => ({ name: column.name, byRow: numbersByRow(column) }));
  return compared.flatMap((first, index) => compared.slice(index + 1).flatMap((second) => correlation(first, second)));
}

type Numbers = { readonly name: string; readonly byRow: ReadonlyMap<number, number> };

function correlation(first: Numbers, second: Numbers): Pattern[] {
  const rows = [...first.byRow.keys()].filter((row) => second.byRow.has(row));
  if (rows.length < ROWS_MIN) return [];
  const [x, y] = [first, second].map(({ byRow }) => rows.map((row) => byRow.get(row) as number)) as [
    number[],
    number[],
  ];
  // What does not vary goes with nothing; the noise of its mean would.
  if (new Set(x).size === 1 || new Set(y).size === 1) return [];
  const coefficient = sampleCorrelation(x, y);
  if (!Number.isFinite(coefficient) || Math.abs(coefficient) < CORRELATION_MIN) return [];
  return [
    { kind: 'correlation', columns: [first.name, second.name], coefficient: rounded(coefficient), rows: rows.length },
  ];
}

function numbersByRow({ cells }: ColumnData): Map<number, number> {
  const byRow = new Map<number, number>();
  for (const { row, number } of cells) if (number !== undefined) byRow.set(row, number);
  return byRow;
}
