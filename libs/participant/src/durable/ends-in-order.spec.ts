import type { JournalEntry } from '@intendant/intent-model';
import { describe, expect, it } from '@jest/globals';
import { sagaCall } from '../testing/call-saga.js';

const step = (id: string, branch: string, ordinal: number, order: number | null): JournalEntry => ({
  kind: 'step',
  id,
  branch,
  ordinal,
  status: order === null ? 'open' : 'succeeded',
  attempt: 1,
  value: null,
  error: null,
  order,
});

describe('what ends in this run', () => {
  it('is told after all that is recorded, as the next run will be told of it', async () => {
    const told: string[] = [];
    const entries = [step('again', '/1.0', 1, null), step('one', '/1.1', 1, 1), step('two', '/1.1', 2, 2)];
    const { outcome } = sagaCall(
      (ctx) =>
        ctx.all(
          [['again'], ['one', 'two']].map((ids) => async (branch) => {
            for (const id of ids) {
              await branch.step(id, async () => null);
              told.push(id);
            }
          }),
        ),
      undefined,
      entries,
    );
    expect((await outcome()).status).toBe('succeeded');
    expect(told).toEqual(['one', 'two', 'again']);
  });

  it('is told when the handler does not come back to what is recorded, which is a violation at its end', async () => {
    const { outcome } = sagaCall((ctx) => ctx.fact('other', async () => 1), undefined, [step('one', '', 2, 1)]);
    expect(await outcome()).toMatchObject({ error: { code: 'determinism_violation' } });
  });
});
