import { describe, expect, it } from '@jest/globals';
import { cpuStopwatch } from '../../testing/cpu-time.js';
import { isMissing } from './column-type.js';
import { patternsOf } from './patterns.js';
import { columnsOf } from './table.js';

const LONGEST_MS = 5_000;
const CELL_CHARACTERS = 1_000_000;

describe('types of columns end', () => {
  it.each(['1', '1,', '1,111', '1.111', 'a@', '@', 'a.', 'a@a.', '.', ' ', '2024-01-01T', '9', 'yes', 'Aa1', '1e'])(
    'on cells of a million characters of %j',
    (piece) => {
      const text = piece.repeat(CELL_CHARACTERS / piece.length);
      const cells = [text, `x@${text} `, `1${text}x`, `2024-01-01 ${text}`];
      const elapsed = cpuStopwatch();
      const records = cells.map((c, index) => ({ row: index + 1, values: { c } }));
      patternsOf(columnsOf(records, [{ name: 'c', type: 'string' }]));
      cells.forEach(isMissing);
      expect(elapsed()).toBeLessThan(LONGEST_MS);
    },
  );
});
