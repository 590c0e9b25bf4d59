import type { Cell } from '../table.js';
import type { Palette } from '../terminal.js';

export function statusCell(status: string, palette: Palette): Cell {
  if (status === 'completed' || status === 'succeeded') return [status, palette.green];
  if (['failed', 'stuck', 'cancelled', 'compensated'].includes(status)) return [status, palette.red];
  return [status, palette.yellow];
}

export const verdictCell = (passed: boolean, palette: Palette): Cell =>
  passed ? ['passed', palette.green] : ['FAILED', palette.red];
