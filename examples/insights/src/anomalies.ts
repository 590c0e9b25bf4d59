import { mean, quantileSorted, sampleStandardDeviation } from 'simple-statistics';
import { type Cell, type ColumnData, rounded, shown } from './table.js';

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
  const { name, cells, inferred } = column;
  const measure = spreadOf(column);
  return cells.flatMap((cell): Anomaly[] => {
    if (!inferred.accepts(cell.value)) return [anomaly(name, cell, ['type'], null)];
    const number = inferred.numeric(cell.value);
    if (number === undefined || measure === undefined) return [];
    const zScore = measure.deviation > 0 ? (number - measure.mean) / measure.deviation : 0;
    const methods: Anomaly['methods'][number][] = [];
    if (Math.abs(zScore) > options.zScoreThreshold) methods.push('z_score');
    const range = measure.q3 - measure.q1;
    const margin = range * options.iqrFactor;
    // Without a range (most values equal) every other value would stand out.
    if (range > 0 && (number < measure.q1 - margin || number > measure.q3 + margin)) methods.push('iqr');
    return methods.length === 0 ? [] : [anomaly(name, cell, methods, rounded(zScore))];
  });
}

const anomaly = (column: string, cell: Cell, methods: Anomaly['methods'], zScore: number | null): Anomaly => ({
  column,
  ...shown(cell),
  methods,
  zScore,
});

function spreadOf({ cells, inferred }: ColumnData) {
  const sorted = cells.flatMap(({ value }) => inferred.numeric(value) ?? []).toSorted((a, b) => a - b);
  if (sorted.length < NUMBERS_MIN) return undefined;
  return {
    mean: mean(sorted),
    deviation: sampleStandardDeviation(sorted),
    q1: quantileSorted(sorted, 0.25),
    q3: quantileSorted(sorted, 0.75),
  };
}
