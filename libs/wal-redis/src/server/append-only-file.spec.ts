import { describe, expect, it } from '@jest/globals';
import { type AppendOnlyFile, appendOnlyFileAfter } from './append-only-file.js';

const QUIET = {
  run_id: 'a',
  master_replid: 'b',
  aof_rewrite_in_progress: '0',
  aof_rewrite_scheduled: '0',
  'cmdstat_config|set': 'calls=1,usec=10',
};
const REWRITTEN = { ...QUIET, aof_rewrite_in_progress: '1' };
const SET = { 'cmdstat_config|set': 'calls=3,usec=30' };

/** Whether the file counts as whole after each of these looks. */
function wholeAfter(looks: readonly Readonly<Record<string, string>>[]): readonly boolean[] {
  let file: AppendOnlyFile | null = null;
  return looks.map(({ appendonly = 'yes', ...info }) => {
    file = appendOnlyFileAfter(file, info, appendonly === 'yes');
    return file.isWhole;
  });
}

describe('an append-only file', () => {
  it('stays whole under rewrites that Redis begins by itself, however often it is looked at', () => {
    const busier = { ...REWRITTEN, 'cmdstat_config|set': 'calls=1,usec=99' };
    expect(wholeAfter([QUIET, REWRITTEN, busier, QUIET])).toEqual([true, true, true, true]);
  });

  it.each([
    ['at the first look, as nobody knows what was before', [REWRITTEN, REWRITTEN, QUIET]],
    ['after it was seen switched off', [{ ...QUIET, appendonly: 'no' }, REWRITTEN, QUIET]],
    ['while its rewrite waits for a turn', [{ ...QUIET, aof_rewrite_scheduled: '1' }, REWRITTEN, QUIET]],
  ])('is incomplete while it is rewritten %s, until the rewrite has ended', (_when, looks) => {
    expect(wholeAfter(looks)).toEqual([false, false, true]);
  });

  it.each([
    ['a setting was changed, perhaps off and on again', SET],
    ['the figures were reset', { 'cmdstat_config|resetstat': 'calls=1,usec=1' }],
    ['the server was started anew', { run_id: 'c' }],
    ['the server was a replica in between', { master_replid: 'c' }],
  ])('is incomplete while it is rewritten when, since the look before, %s', (_what, change) => {
    const [quiet, rewritten] = [
      { ...QUIET, ...change },
      { ...REWRITTEN, ...change },
    ];
    expect(wholeAfter([QUIET, rewritten, rewritten, quiet])).toEqual([true, false, false, true]);
    expect(wholeAfter([REWRITTEN, QUIET, quiet, rewritten])).toEqual([false, true, true, true]);
  });
});
