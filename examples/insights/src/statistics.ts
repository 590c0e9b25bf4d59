import { mean, medianSorted, quantileSorted, sampleStandardDeviation, sum } from 'simple-statistics';
import { isoOfDay } from './dates.js';
import { type ColumnData, rounded } from './table.js';

/**
 * Null for what cannot be told exactly: beyond ±(2^53 − 1), or with more digits than are kept, a number no longer is the one
 * that was written or added up, and where one is too small to be kept (NaN) nothing is told.
 */
export interface NumericStatistics {
  readonly min: number | null;
  readonly max: number | null;
  readonly sum: number | null;
  readonly mean: number | null;
  /** Quartiles are interpolated. */
  readonly median: number | null;
  readonly q1: number | null;
  readonly q3: number | null;
  /** Of a sample (divided by n − 1); null for a single number. */
  readonly standardDeviation: number | null;
}

const NONE: ReadonlySet<number> = new Set();

/** Whether a number is the one that was written; `inexact` are those of its column that have lost digits. */
export const isExact = (number: number, inexact = NONE): boolean =>
  Math.abs(number) <= Number.MAX_SAFE_INTEGER && !inexact.has(number);

const UNTOLD: NumericStatistics = {
  min: null,
  max: null,
  sum: null,
  mean: null,
  median: null,
  q1: null,
  q3: null,
  standardDeviation: null,
};
/** The squares of smaller ones would become 0. */
const LEAST_SPREAD = 1e-100;

/** Six digits are told of a deviation. */
const DEVIATION_BLUR_MAX = 1e-6;

/**
 * Standard deviation of a sample in ascending order; exactly 0 when all numbers are equal, NaN when they are so close that it
 * would rather be that of what is lost of each (`99999999999999.02`, `99999999999999.05`).
 */
export function deviationOf(sorted: readonly number[]): number {
  const [min, max] = [sorted[0] ?? 0, sorted.at(-1) ?? 0];
  const spread = max - min;
  if (spread === 0) return 0;
  const deviation = spreadDeviation(sorted, min, spread);
  const lost = Math.max(Math.abs(min), Math.abs(max)) * Number.EPSILON;
  return lost > deviation * DEVIATION_BLUR_MAX && !sorted.every(Number.isInteger) ? Number.NaN : deviation;
}

function spreadDeviation(sorted: readonly number[], min: number, spread: number): number {
  if (spread >= LEAST_SPREAD) return sampleStandardDeviation([...sorted]);
  return sampleStandardDeviation(sorted.map((number) => (number - min) / spread)) * spread;
}

/** Statistics of the numbers of a column; null for a column without numbers. */
export function numericStatistics(numbers: readonly number[], inexact = NONE): NumericStatistics | null {
  if (numbers.length === 0) return null;
  if (numbers.some(Number.isNaN)) return UNTOLD;
  const sorted = numbers.toSorted((a, b) => a - b);
  const [min, max] = [sorted[0] as number, sorted.at(-1) as number];
  const written = (number: number | undefined): number is number => number !== undefined && isExact(number, inexact);
  const allExact = sorted.every(written);
  const scale = max > min ? max - min : max;
  const told = (number: number): number | null => (isExact(number) ? rounded(number, scale) : null);
  const ofAll = (number: number): number | null => (allExact ? told(number) : null);
  // A quartile lies between two neighbours; the other numbers do not matter to it.
  const ofOrder = (number: number): number | null => {
    const neighbours = [sorted.findLast((other) => other <= number), sorted.find((other) => other >= number)];
    return neighbours.every(written) ? told(number) : null;
  };
  const deviation = deviationOf(sorted);
  return {
    min: written(min) ? min : null,
    max: written(max) ? max : null,
    sum: ofAll(sum(sorted)),
    mean: ofAll(mean(sorted)),
    median: ofOrder(medianSorted(sorted)),
    q1: ofOrder(quantileSorted(sorted, 0.25)),
    q3: ofOrder(quantileSorted(sorted, 0.75)),
    standardDeviation: sorted.length < 2 || !allExact || !isExact(deviation) ? null : rounded(deviation, deviation),
  };
}

export interface StatisticsFinding {
  readonly code: 'statistics_not_exact' | 'number_format_guessed';
  readonly column: string;
  /** The statistics that are null for it; all that are told, when the numbers may be others. */
  readonly statistics: readonly string[];
  readonly message: string;
}

/** That the numbers of a column were read in one of two ways, if they were. */
export function formatFinding({ name, inferred }: ColumnData): StatisticsFinding[] {
  if (inferred.formatIsGuessed !== true) return [];
  const message = `no number of ${JSON.stringify(name)} tells the decimal mark from that of thousands; a point was read as the decimal one`;
  return [{ code: 'number_format_guessed', column: name, statistics: Object.keys(UNTOLD), message }];
}

/** What the statistics of a column leave out, if anything. */
export function statisticsFinding(
  column: string,
  statistics: NumericStatistics | null,
  count: number,
): StatisticsFinding[] {
  const left = Object.entries(statistics ?? {}).flatMap(([name, value]) =>
    value === null && !(name === 'standardDeviation' && count < 2) ? [name] : [],
  );
  if (left.length === 0) return [];
  const message = `${left.join(', ')} of ${JSON.stringify(column)} would be, or come from, numbers beyond ±(2^53 − 1), too small to be kept or of more digits than are kept`;
  return [{ code: 'statistics_not_exact', column, statistics: left, message }];
}

/** First and last day of a date column; null when the order of day and month is not known. */
export function dateRange(days: readonly number[]) {
  if (days.length === 0) return null;
  return {
    earliest: isoOfDay(days.reduce((a, b) => Math.min(a, b))),
    latest: isoOfDay(days.reduce((a, b) => Math.max(a, b))),
  };
}

export const isNumberColumn = ({ inferred }: ColumnData): boolean =>
  inferred.type === 'integer' || inferred.type === 'decimal';

/** The numbers (or day numbers) of a column's valid cells. */
export function numbersOf({ cells }: ColumnData): number[] {
  const numbers: number[] = [];
  for (const { number } of cells) if (number !== undefined) numbers.push(number);
  return numbers;
}
