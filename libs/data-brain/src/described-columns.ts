import type { DescribedColumn } from '@intendant/intent-model';
import type { JsonValue } from '@intendant/kernel';
import { isPlain } from './reference-text.js';

const COLUMNS_MAX = 256;
const NAME_CHARS_MAX = 128;
const TYPE_CHARS_MAX = 64;

/**
 * The columns that an artifact says its data has: `columns` of its semantic payload, a list of `{name, type}`. Anything else
 * in there stays where it is; an artifact that does not follow the convention describes nothing.
 */
export function describedColumns(semanticPayload: { readonly [name: string]: JsonValue }): DescribedColumn[] {
  const { columns } = semanticPayload;
  if (!Array.isArray(columns)) return [];
  const described = new Map<string, DescribedColumn>();
  for (const column of columns) {
    if (described.size === COLUMNS_MAX) break;
    if (isColumn(column) && !described.has(column.name)) described.set(column.name, nameAndType(column));
  }
  return [...described.values()];
}

const isColumn = (column: JsonValue): column is { name: string; type: string } => {
  if (typeof column !== 'object' || column === null || Array.isArray(column)) return false;
  const { name, type } = column as { readonly [member: string]: JsonValue };
  return isText(name, NAME_CHARS_MAX) && isText(type, TYPE_CHARS_MAX);
};

const isText = (value: JsonValue | undefined, charsMax: number): boolean =>
  typeof value === 'string' && value !== '' && value.length <= charsMax && isPlain(value);

const nameAndType = ({ name, type }: DescribedColumn): DescribedColumn => ({ name, type });
