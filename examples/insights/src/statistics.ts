import { mean, medianSorted, quantileSorted, sampleStandardDeviation, sum } from 'simple-statistics';
import { isoOfDay } from './dates.js';
import { type ColumnData, rounded } from './table.js';

/** Statistics of the numbers of a column; null for a column without numbers. Quartiles are interpolated. */
export function numericStatistics(numbers: readonly number[]) {
  if (numbers.length === 0) return null;
  const sorted = numbers.toSorted((a, b) => a - b);
  return {
    min: sorted[0] as number,
    max: sorted.at(-1) as number,
    sum: rounded(sum(sorted)),
    mean: rounded(mean(sorted)),
    median: rounded(medianSorted(sorted)),
    q1: rounded(quantileSorted(sorted, 0.25)),
    q3: rounded(quantileSorted(sorted, 0.75)),
    /** Of a sample (divided by n − 1); null for a single number. */
    standardDeviation: sorted.length < 2 ? null : rounded(sampleStandardDeviation(sorted)),
  };
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
