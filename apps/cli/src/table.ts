import { type Palette, printable } from './terminal.js';

export type Paint = (text: string) => string;
/** A cell is its text, or its text and how to colour it; widths are measured without colour. */
export type Cell = string | readonly [text: string, paint: Paint];

const textOf = (cell: Cell): string => printable(typeof cell === 'string' ? cell : cell[0]);
const painted = (cell: Cell, text: string): string => (typeof cell === 'string' ? text : cell[1](text));

/** Lines of a table whose columns are as wide as their widest cell; the last column is not padded. */
export function tableLines(header: readonly string[], rows: readonly (readonly Cell[])[], palette: Palette): string[] {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => textOf(row[column] ?? '').length)),
  );
  return [rowLine(header, widths, palette.dim), ...rows.map((row) => rowLine(row, widths))];
}

/** One line of cells padded to `widths`. */
export function rowLine(row: readonly Cell[], widths: readonly number[], paint: Paint = (text) => text): string {
  const cells = row.map((cell, column) => {
    const text = textOf(cell);
    const padding = column === row.length - 1 ? '' : ' '.repeat(Math.max(0, (widths[column] ?? 0) - text.length));
    return paint(painted(cell, text)) + padding;
  });
  return cells.join('  ').trimEnd();
}

/** Names and values under each other; members without a value are left out. */
export function listLines(members: Readonly<Record<string, Cell | null | undefined>>, palette: Palette): string[] {
  const set = Object.entries(members).filter(([, value]) => value !== null && value !== undefined) as [string, Cell][];
  const width = Math.max(0, ...set.map(([name]) => name.length));
  return set.map(([name, value]) => rowLine([[name, palette.dim], value], [width]));
}
