import { setImmediate } from 'node:timers/promises';
import { JOURNAL_BYTES_MAX, JOURNAL_COMMANDS_MAX, type JournalCommand } from '@intendant/intent-model';
import { describe, expect, it } from '@jest/globals';
import { commandsOf, sagaCall } from '../testing/call-saga.js';
import { inReports } from './reports.js';

const fact = (id: string, value: string): JournalCommand => ({
  op: 'fact',
  kind: 'fact',
  id,
  branch: 'main',
  ordinal: 1,
  value,
});

const sizeOf = (commands: readonly JournalCommand[]): number =>
  Buffer.byteLength(JSON.stringify({ callToken: { epoch: Number.MAX_SAFE_INTEGER, n: 1 }, commands }));

describe('commands in reports', () => {
  it('are none for nothing', () => {
    expect(inReports([])).toEqual([]);
  });

  it('keep their order, and are no more than the Runtime takes at once', () => {
    const commands = Array.from({ length: 2 * JOURNAL_COMMANDS_MAX + 1 }, (_unused, index) => fact(`f${index}`, ''));
    const reports = inReports(commands);
    expect(reports.map((report) => report.length)).toEqual([JOURNAL_COMMANDS_MAX, JOURNAL_COMMANDS_MAX, 1]);
    expect(reports.flat()).toEqual(commands);
  });

  it('are no longer than the Runtime takes, counted in bytes', () => {
    // two bytes a character: as text it would fit
    const commands = Array.from({ length: 7 }, (_unused, index) => fact(`f${index}`, 'é'.repeat(500_000)));
    const reports = inReports(commands);
    expect(reports.map((report) => report.length)).toEqual([4, 3]);
    for (const report of reports) expect(sizeOf(report)).toBeLessThanOrEqual(JOURNAL_BYTES_MAX);
    expect(reports.flat()).toEqual(commands);
  });

  it('one that is too large by itself does not take the others with it', () => {
    const commands = [fact('a', ''), fact('large', 'x'.repeat(JOURNAL_BYTES_MAX)), fact('b', '')];
    expect(inReports(commands).map((report) => report.length)).toEqual([1, 1, 1]);
  });
});

describe('a saga as code that does much in one turn', () => {
  const steps = Array.from({ length: JOURNAL_COMMANDS_MAX + 200 }, (_unused, index) => `step-${index}`);

  it('reports all of it, and says in its outcome no more than that may carry', async () => {
    const { reports, outcome } = sagaCall((ctx) =>
      ctx.all(steps.map((id) => (branch) => branch.step(id, async () => id))),
    );
    const ended = await outcome();
    expect(ended.status).toBe('succeeded');
    const said = [...reports, commandsOf(ended)];
    for (const one of said) expect(one.length).toBeLessThanOrEqual(JOURNAL_COMMANDS_MAX);
    const started = said.flat().filter(({ op }) => op === 'step_start');
    const succeeded = said.flat().filter(({ op }) => op === 'step_succeed');
    expect([started, succeeded].map((some) => some.map(({ id }) => id))).toEqual([steps, steps]);
  });

  it('reports what ends at once together, with what begins after it', async () => {
    const { reports, outcome } = sagaCall((ctx) =>
      ctx.all(
        ['x', 'y', 'z'].map((id) => async (branch) => {
          await branch.step(`${id}1`, async () => 1);
          await branch.step(`${id}2`, async () => 2);
        }),
      ),
    );
    const said = [commandsOf(await outcome())];
    expect([...reports, ...said].map((one) => one.map(({ op, id }) => `${op} ${id}`))).toEqual([
      ['step_start x1', 'step_start y1', 'step_start z1'],
      expect.arrayContaining(['step_succeed x1', 'step_succeed z1', 'step_start x2', 'step_start z2']),
      ['step_succeed x2', 'step_succeed y2', 'step_succeed z2'],
    ]);
  });

  /** Some turns later: the handler has come to its end by then. */
  const lost = async () => {
    for (let turn = 0; turn < 5; turn += 1) await setImmediate();
    throw new Error('nobody there');
  };
  const unavailable = { status: 'failed', error: { code: 'journal_unavailable', retryable: true } };

  it('ends with what became of its last report, also when it was suspended meanwhile', async () => {
    const waitedFor = { kind: 'sleep', id: 'long', status: 'open', branch: '', ordinal: 2 } as const;
    const { outcome } = sagaCall(
      async (ctx) => {
        ctx.state.set('key', 1);
        for (let turn = 0; turn < 3; turn += 1) await setImmediate(); // its report leaves
        await ctx.sleep('long', 1_000);
      },
      lost,
      [{ ...waitedFor, attempt: 0, value: null, error: null, order: null }],
    );
    expect(await outcome()).toMatchObject(unavailable);
  });

  it('and when it returned without waiting for it, and nothing goes on then', async () => {
    let settled = 0;
    const { outcome } = sagaCall(async (ctx) => {
      void ctx.sleep('long', 1_000).finally(() => {
        settled += 1;
      });
    }, lost);
    expect(await outcome()).toMatchObject(unavailable);
    expect(settled).toBe(0);
  });
});
