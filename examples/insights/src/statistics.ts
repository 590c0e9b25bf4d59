import { mean, medianSorted, quantileSorted, sampleStandardDeviation, sum } from 'simple-statistics';
import { isoOfDay } from './dates.js';
import { type ColumnData, rounded } from './table.js';

/** Null for what cannot be told exactly: beyond ±(2^53 − 1) a number no longer is the one that was written or added up. */
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

export const isExact = (number: number): boolean => Math.abs(number) <= Number.MAX_SAFE_INTEGER;

/** Statistics of the numbers of a column; null for a column without numbers. */
export function numericStatistics(numbers: readonly number[]): NumericStatistics | null {
  if (numbers.length === 0) return null;
  const sorted = numbers.toSorted((a, b) => a - b);
  const [min, max] = [sorted[0] as number, sorted.at(-1) as number];
  const allExact = isExact(min) && isExact(max);
  const scale = max > min ? max - min : max;
  const told = (number: number): number | null => (isExact(number) ? rounded(number, scale) : null);
  const ofAll = (number: number): number | null => (allExact ? told(number) : null);
  // A quartile lies between two neighbours; the other numbers do not matter to it.
  const ofOrder = (number: number): number | null => {
    const neighbours = [sorted.findLast((other) => other <= number), sorted.find((other) => other >= number)];
    return neighbours.every((one) => one !== undefined && isExact(one)) ? told(number) : null;
  };
  const deviation = sorted.length < 2 || max === min ? 0 : sampleStandardDeviation(sorted);
  return {
    min: isExact(min) ? min : null,
    max: isExact(max) ? max : null,
    sum: ofAll(sum(sorted)),
    mean: ofAll(mean(sorted)),
    median: ofOrder(medianSorted(sorted)),
    q1: ofOrder(quantileSorted(sorted, 0.25)),
    q3: ofOrder(quantileSorted(sorted, 0.75)),
    standardDeviation: sorted.length < 2 || !allExact || !isExact(deviation) ? null : rounded(deviation, deviation),
  };
}

export interface StatisticsFinding {
  readonly code: 'statistics_not_exact';
  readonly column: string;
  /** The statistics that are null for it. */
  readonly statistics: readonly string[];
  readonly message: string;
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
  const message = `${left.join(', ')} of ${JSON.stringify(column)} would be, or come from, numbers beyond ±(2^53 − 1)`;
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
