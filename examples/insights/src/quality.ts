import type { ParsedColumn, ParsedRecord } from './parsed-content.js';
import { type ColumnData, columnsOf, ratio, rounded, shown } from './table.js';

const EXAMPLES_MAX = 10;
const GROUPS_MAX = 20;

/**
 * Quality of a table, every ratio from 0 to 1 (null when there is nothing to measure): completeness = cells that say
 * something; validity = of those, the ones of their column's type; uniqueness = rows that repeat no earlier row;
 * consistency = rows with exactly as many fields as there are columns. The score is the mean of the four.
 */
export function assessTable(records: readonly ParsedRecord[], columns: readonly ParsedColumn[], raggedRows: number) {
  const perColumn = columnsOf(records, columns).map((column) => assessColumn(column, records.length));
  const sum = (key: 'missing' | 'invalid'): number => perColumn.reduce((total, column) => total + column[key], 0);
  const cells = records.length * columns.length;
  const duplicates = duplicateRows(records);
  const dimensions = {
    completeness: ratio(cells - sum('missing'), cells),
    validity: ratio(cells - sum('missing') - sum('invalid'), cells - sum('missing')),
    uniqueness: ratio(records.length - duplicates.count, records.length),
    consistency: ratio(records.length - raggedRows, records.length),
  };
  const measured = Object.values(dimensions).filter((value) => value !== null);
  const mean = measured.reduce((total, value) => total + value, 0) / measured.length;
  const score = measured.length === 0 ? null : rounded(mean);
  return { recordCount: records.length, overall: { ...dimensions, score }, columns: perColumn, duplicates, raggedRows };
}

function assessColumn({ name, inferred, cells, counts, missing }: ColumnData, recordCount: number) {
  const invalid = cells.filter(({ valid }) => !valid);
  return {
    name,
    type: inferred.type,
    format: inferred.format,
    missing,
    completeness: ratio(recordCount - missing, recordCount),
    invalid: invalid.length,
    validity: ratio(cells.length - invalid.length, cells.length),
    invalidExamples: invalid.slice(0, EXAMPLES_MAX).map(shown),
    distinct: counts.size,
    repeated: cells.length - counts.size,
  };
}

/** Rows equal to an earlier row in every value and every field beyond the columns, by group. */
function duplicateRows(records: readonly ParsedRecord[]) {
  const groups = new Map<string, number[]>();
  for (const { row, values, extra = [] } of records) {
    const key = JSON.stringify([values, extra]);
    const rows = groups.get(key);
    if (rows) rows.push(row);
    else groups.set(key, [row]);
  }
  const repeated = [...groups.values()].filter((rows) => rows.length > 1);
  const count = repeated.reduce((total, rows) => total + rows.length - 1, 0);
  return {
    count,
    groups: repeated.slice(0, GROUPS_MAX).map((rows) => ({ rows: rows.slice(0, GROUPS_MAX), size: rows.length })),
  };
}
