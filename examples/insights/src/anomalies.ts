import { mean, quantileSorted } from 'simple-statistics';
import { deviationOf, isExact, numbersOf } from './statistics.js';
import { type ColumnData, rounded, shown } from './table.js';

export interface AnomalyOptions {
  /** Standard deviations from the mean from which a number stands out. */
  readonly zScoreThreshold: number;
  /** Interquartile ranges beyond the quartiles from which a number stands out. */
  readonly iqrFactor: number;
}

export interface Anomaly {
  readonly column: string;
  readonly row: number;
  readonly line: number | null;
  readonly value: string;
  /** What it stands out by: `type` not of the column's type, `z_score`, `iqr`. */
  readonly methods: readonly ('type' | 'z_score' | 'iqr')[];
  /** Distance from the mean in standard deviations; null where there is none. */
  readonly zScore: number | null;
}

/** Fewer numbers than this have no spread to stand out from. */
const NUMBERS_MIN = 8;

/** The cells of a column that stand out, in row order. */
export function anomaliesOf(column: ColumnData, options: AnomalyOptions): Anomaly[] {
  const spread = spreadOf(column);
  const found: Anomaly[] = [];
  for (const cell of column.cells) {
    const methods: Anomaly['methods'] = cell.valid ? standsOutBy(cell.number, spread, options) : ['type'];
    if (methods.length === 0) continue;
    const distance = cell.valid && cell.number !== undefined && spread ? zScoreOf(cell.number, spread) : Number.NaN;
    const zScore = Number.isFinite(distance) ? rounded(distance) : null;
    found.push({ column: column.name, ...shown(cell), methods, zScore });
  }
  return found;
}

interface Spread {
  readonly mean: number;
  /** NaN where numbers are not exact: no distance can be told then. */
  readonly deviation: number;
  readonly q1: number;
  readonly q3: number;
}

function standsOutBy(
  number: number | undefined,
  spread: Spread | undefined,
  options: AnomalyOptions,
): ('z_score' | 'iqr')[] {
  if (number === undefined || spread === undefined) return [];
  const methods: ('z_score' | 'iqr')[] = [];
  if (Math.abs(zScoreOf(number, spread)) > options.zScoreThreshold) methods.push('z_score');
  const range = spread.q3 - spread.q1;
  const margin = range * options.iqrFactor;
  // Without a range (most values equal) every other value would stand out.
  if (range > 0 && (number < spread.q1 - margin || number > spread.q3 + margin)) methods.push('iqr');
  return methods;
}

const zScoreOf = (number: number, { mean, deviation }: Spread): number =>
  deviation === 0 ? 0 : (number - mean) / deviation;

function spreadOf(column: ColumnData): Spread | undefined {
  const numbers = numbersOf(column);
  if (numbers.length < NUMBERS_MIN || numbers.some(Number.isNaN)) return undefined;
  const sorted = numbers.toSorted((a, b) => a - b);
  return {
    mean: mean(sorted),
    deviation: sorted.every((number) => isExact(number, column.inexact)) ? deviationOf(sorted) : Number.NaN,
    q1: quantileSorted(sorted, 0.25),
    q3: quantileSorted(sorted, 0.75),
  };
}
