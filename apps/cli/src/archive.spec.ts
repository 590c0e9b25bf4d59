import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EMPTY_HEAD, type Entry, encodeEntry, headAfter, type LogRecord, partitionOf } from '@intendant/wal';
import { executionIn, LogBook } from '@intendant/wal/testing';
import { SqliteWal } from '@intendant/wal-sqlite';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { intendant, start } from '../test/command.js';

/** A whole execution as it was recorded, one entry for each record. */
function recordedExecution(): { executionId: string; entries: Entry[] } {
  const file = new URL('../../../examples/testing/fixtures/histories/content.parse.json', import.meta.url);
  const { executionId, records } = JSON.parse(readFileSync(file, 'utf8')) as {
    executionId: string;
    records: LogRecord[];
  };
  let head = EMPTY_HEAD;
  const entries = records.map(({ seq: _seq, v: _v, occurredAt, causationSeq, type, data, actor, ...attribution }) => {
    const cause = causationSeq === null ? null : { seq: causationSeq };
    const entry = encodeEntry(executionId, head, attribution, occurredAt, [{ type, data, actor, cause } as never]);
    head = headAfter(entry);
    return entry;
  });
  return { executionId, entries };
}

const { executionId, entries } = recordedExecution();
let dataDir: string;
let logId: string;
beforeAll(async () => {
  await intendant(['--help'], { INTENDANT_SKIP_BUILD: '0' });
});
beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'intendant-cli-archive-'));
  const onFatal = (error: Error) => {
    throw error;
  };
  const wal = new SqliteWal({ directory: join(dataDir, 'log'), partitionCount: 4, onFatal });
  logId = wal.logId;
  await wal.append(await wal.acquire(partitionOf(executionId, 4)), entries);
  const other = (partitionOf(executionId, 4) + 1) % 4;
  await wal.append(await wal.acquire(other), [new LogBook().next(executionIn(other))]);
  await wal.close();
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const run = (args: string[], more: NodeJS.ProcessEnv = {}) =>
  intendant(args, { INTENDANT_DATA_DIR: dataDir, INTENDANT_ARCHIVE: 'directory', ...at(), ...more });
const at = () => ({ INTENDANT_ARCHIVE_DIR: join(dataDir, 'archive') });
const answer = async (args: string[], more: NodeJS.ProcessEnv = {}) => {
  const { code, stdout, stderr } = await run([...args, '-o', 'json'], more);
  return { code, stderr, json: stdout === '' ? null : JSON.parse(stdout) };
};
async function eventually(holds: () => boolean): Promise<void> {
  const endMs = performance.now() + 120_000;
  while (!holds()) {
    if (performance.now() > endMs) throw new Error(`in vain: ${String(holds)}`);
    await new Promise((resolve) => void setTimeout(resolve, 20));
  }
}
const elsewhere = () => ({ INTENDANT_DATA_DIR: join(dataDir, 'elsewhere') });

describe('the archive', () => {
  it('takes everything, says how far it is, and verifies against the log', async () => {
    const { json } = await answer(['archive', 'run']);
    expect(json.logId).toBe(logId);
    for (const { logPosition, archivedTo } of json.partitions) expect(archivedTo).toBe(logPosition);
    expect((await run(['archive', 'status', '-o', 'ids'])).stdout).toBe('');
    const total = entries.length + 1;
    expect(await answer(['archive', 'verify'])).toMatchObject({
      code: 0,
      json: { ok: true, comparedWithLog: true, entries: total, segments: 2 },
    });
    expect((await answer(['archive', 'verify'], elsewhere())).json).toMatchObject({ ok: true, comparedWithLog: false });
  });

  it('is named by option as well', async () => {
    const archive = join(dataDir, 'another');
    const { code, stdout } = await run(['archive', 'run', '--archive', archive], { INTENDANT_ARCHIVE: '' });
    expect(stdout).toMatch(new RegExp(`^log id  ${logId}$`, 'm'));
    expect([code, readdirSync(archive)]).toEqual([0, [logId]]);
  });

  it('gives a data directory the log back, where a Runtime looks for it, and verify', async () => {
    await run(['archive', 'run']);
    const to = join(dataDir, 'restored');
    expect(await answer(['archive', 'restore', '--to', to], elsewhere())).toMatchObject({
      code: 0,
      json: { logId, directory: to, entries: entries.length + 1 },
    });
    const file = join(to, 'log', 'log.db');
    expect(await answer(['--data-dir', to, 'verify'])).toMatchObject({ code: 0, json: { ok: true, logId, file } });
    expect(await run(['archive', 'restore', '--to', to])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('holds a log already'),
    });
    writeFileSync(join(to, 'log.db'), 'of which a Runtime knows nothing');
    expect(await answer(['--data-dir', to, 'verify'])).toMatchObject({ code: 0, json: { file } });
  });

  it('says with which settings a Runtime goes on, and which of a log on servers it refuses then', async () => {
    await run(['archive', 'run']);
    const { stdout } = await run(['archive', 'restore', '--to', join(dataDir, 'restored')]);
    expect(stdout).toMatch(
      /INTENDANT_WAL=sqlite,\n {2}without INTENDANT_RETENTION_ENTRIES_MIN.* INTENDANT_RUNTIME_REPLICAS\n/,
    );
  });

  it('leaves no log behind when restoring it is killed, and restores it the next time', async () => {
    await run(['archive', 'run']);
    const to = join(dataDir, 'restored');
    // nobody writes into the pipe: whoever reads this segment waits for ever
    const folder = join(dataDir, 'archive', logId, String(partitionOf(executionId, 4)).padStart(4, '0'));
    const endless = join(folder, `${String(entries.length + 1).padStart(12, '0')}.seg`);
    execFileSync('mkfifo', [endless]);
    const restoring = start(['archive', 'restore', '--to', to], {
      ...elsewhere(),
      INTENDANT_ARCHIVE: 'directory',
      ...at(),
    });
    await eventually(() => existsSync(join(to, 'log.restoring', 'log', 'log.db')));
    restoring.kill('SIGKILL');
    await once(restoring, 'close');
    expect((await run(['--data-dir', to, 'verify'])).code).toBe(4);
    rmSync(endless);
    expect((await answer(['archive', 'restore', '--to', to], elsewhere())).json.entries).toBe(entries.length + 1);
    expect(readdirSync(to)).toEqual(['log']);
    expect((await run(['--data-dir', to, 'verify'])).code).toBe(0);
  });

  it.each([['status'], ['verify'], ['restore', '--to', 'nowhere'], ['replay', executionId]])(
    '%s says which logs are archived when the one that is named is not: exit 2',
    async (...args) => {
      await run(['archive', 'run']);
      const { code, stderr } = await run(['archive', ...args, '--log', 'nope'], elsewhere());
      expect(stderr).toContain(`no archive of a log nope in ${join(dataDir, 'archive')}`);
      expect(stderr).toContain(`archived there: ${logId}`);
      expect(code).toBe(2);
    },
  );

  it('replays and validates an execution without log and server', async () => {
    await run(['archive', 'run']);
    const { code, json } = await answer(['archive', 'replay', executionId], elsewhere());
    expect(json.checks.filter(({ passed }: { passed: boolean }) => !passed)).toEqual([]);
    expect(json).toMatchObject({ valid: true, state: { status: 'completed' } });
    expect(code).toBe(0);
    const lines = (await run(['archive', 'replay', executionId], elsewhere())).stdout;
    expect(lines).toMatch(/^status +completed$/m);
    expect((await run(['archive', 'replay', `exe_${'f'.repeat(32)}`], elsewhere())).code).toBe(4);
  });

  it('tells what is damaged: exit 8', async () => {
    await run(['archive', 'run']);
    const folder = join(dataDir, 'archive', logId, String(partitionOf(executionId, 4)).padStart(4, '0'));
    writeFileSync(join(folder, '000000000001.seg'), 'damaged');
    const { code, stdout } = await run(['archive', 'verify']);
    expect(stdout).toContain('is not a segment of an archive');
    expect(code).toBe(8);
    expect((await run(['archive', 'replay', executionId], elsewhere())).code).toBe(8);
  });

  it.each([
    [['archive', 'status'], { INTENDANT_ARCHIVE: '' }, 'no archive'],
    [['archive', 'status'], { INTENDANT_ARCHIVE: 's3' }, 'INTENDANT_ARCHIVE_S3_ENDPOINT: needed'],
    [['archive', 'status'], {}, 'no log is archived in'],
    [['archive', 'status', '--archive', '/nonexistent/archive'], {}, 'no log is archived in /nonexistent/archive'],
    [
      ['archive', 'restore', '--to', 'x', '--archive', '/nonexistent/archive', '--log', 'a/b'],
      {},
      'no log is archived there',
    ],
    [['archive', 'replay', 'last'], {}, 'not the id of an execution'],
  ])('%j with %j is wrong: exit 2', async (args, env, told) => {
    const { code, stderr } = await run(args, env);
    expect(stderr).toContain(told);
    expect(code).toBe(2);
  });
});
