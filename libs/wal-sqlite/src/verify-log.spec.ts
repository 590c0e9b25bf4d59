import { appendFileSync, mkdtempSync, rmSync, statSync, symlinkSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EMPTY_HEAD, type Entry, encodeEntry, entryHash, headAfter, partitionOf } from '@intendant/wal';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Database from 'libsql';
import { LOG_FILE, LogUnreadable, NoLog, SqliteWal, verifyLog } from './index.js';

const PARTITIONS = 4;
const STREAMS = 6;
const ENTRIES = 5;
const stream = (index: number): string => `content/t_${index}`;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'verify-log-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function entriesOf(streamId: string, count = ENTRIES): Entry[] {
  const attribution = { tenantId: 't', sessionId: null, executionId: null, intentId: null, correlationId: null };
  const draft = { type: 'session.opened', actor: 'user:u', cause: null, data: { context: {}, userId: 'u' } } as const;
  const entries: Entry[] = [];
  for (let index = 0; index < count; index += 1) {
    const head = entries.length === 0 ? EMPTY_HEAD : headAfter(entries.at(-1) as Entry);
    entries.push(encodeEntry(streamId, head, attribution, '2026-11-20T10:00:00.000Z', [draft, draft]));
  }
  return entries;
}

async function write(): Promise<SqliteWal> {
  const wal = new SqliteWal({ directory, partitionCount: PARTITIONS, onFatal: () => undefined });
  for (let index = 0; index < STREAMS; index += 1) {
    const lease = await wal.acquire(partitionOf(stream(index), PARTITIONS));
    for (const entry of entriesOf(stream(index))) await wal.append(lease, [entry]);
  }
  return wal;
}

async function tamper(...statements: string[]): Promise<void> {
  await (await write()).close();
  const db = new Database(join(directory, LOG_FILE));
  for (const statement of statements) db.exec(statement);
  db.close();
}

const at = (index: number, seq: number): string => `stream_id = '${stream(index)}' AND first_seq = ${seq}`;

describe('verifyLog', () => {
  it('passes a whole log, beside its writer and without one', async () => {
    const wal = await write();
    const whole = { ok: true, partitions: 4, streams: 6, entries: 30, records: 60, findingCount: 0, findings: [] };
    expect(await verifyLog(directory)).toMatchObject(whole);
    await wal.close();
    expect(await verifyLog(directory, { pages: 'full' })).toMatchObject(whole);
  });

  it('reads and does not write', async () => {
    await (await write()).close();
    const before = statSync(join(directory, LOG_FILE));
    await verifyLog(directory);
    const after = statSync(join(directory, LOG_FILE));
    expect([after.size, after.mtimeMs]).toEqual([before.size, before.mtimeMs]);
  });

  it('names the first bad record of every bad stream', async () => {
    await tamper(
      `UPDATE entry SET body = CAST(replace(CAST(body AS TEXT), 'user:u', 'user:v') AS BLOB) WHERE ${at(1, 5)}`,
      `UPDATE entry SET hash = zeroblob(32) WHERE ${at(2, 3)}`,
      `UPDATE entry SET prev_hash = zeroblob(32) WHERE ${at(3, 7)}`,
    );
    const report = await verifyLog(directory);
    expect(report.ok).toBe(false);
    expect(report.findings).toEqual([
      { place: `stream ${stream(1)} seq 5`, finding: 'hash does not match the bytes' },
      { place: `stream ${stream(2)} seq 3`, finding: 'hash does not match the bytes' },
      { place: `stream ${stream(3)} seq 7`, finding: 'does not continue the hash chain' },
    ]);
  });

  it('sees an entry that was taken out, in its stream and in its partition', async () => {
    await tamper(`DELETE FROM entry WHERE ${at(1, 5)}`);
    const { findings } = await verifyLog(directory);
    expect(findings[0]).toEqual({
      place: `stream ${stream(1)} seq 7`,
      finding: 'expected seq 5: records are missing or repeated',
    });
    expect(findings[1]?.place).toMatch(/^partition \d position \d+$/);
    expect(findings).toHaveLength(2);
  });

  it('sees an entry that was replaced by another with a hash of its own', async () => {
    const [, second] = entriesOf(stream(2)) as [Entry, Entry];
    const body = Buffer.from(second.body.toString().replaceAll('user:u', 'user:x'));
    const hash = entryHash({ ...second, body }).toString('hex');
    await tamper(`UPDATE entry SET body = x'${body.toString('hex')}', hash = x'${hash}' WHERE ${at(2, 3)}`);
    expect((await verifyLog(directory)).findings).toEqual([
      { place: `stream ${stream(2)} seq 5`, finding: 'does not continue the hash chain' },
    ]);
  });

  it('sees a stream in a partition that is not its own', async () => {
    await tamper(`UPDATE entry SET partition = partition + 4 WHERE stream_id = '${stream(0)}'`);
    const { findings } = await verifyLog(directory);
    expect(findings[0]).toMatchObject({
      place: `stream ${stream(0)} seq 1`,
      finding: expect.stringContaining('belongs to'),
    });
  });

  it('sees an entry of an epoch that it cannot be of', async () => {
    await tamper(
      `UPDATE entry SET epoch = 0 WHERE ${at(1, 5)}`,
      'UPDATE entry SET epoch = epoch + 50 WHERE ordinal = 30',
    );
    const { findings } = await verifyLog(directory);
    expect(findings).toEqual([
      {
        place: expect.stringMatching(/^partition \d position \d+$/),
        finding: expect.stringMatching(/^epoch 0 comes after/),
      },
      {
        place: expect.stringMatching(/^partition \d$/),
        finding: expect.stringMatching(/nobody claimed more than \d$/),
      },
    ]);
  });

  it('reports a file that was cut or overwritten', async () => {
    await (await write()).close();
    const file = join(directory, LOG_FILE);
    const db = new Database(file);
    db.pragma('wal_checkpoint(TRUNCATE)');
    db.close();
    truncateSync(file, statSync(file).size - 16_384);
    appendFileSync(file, Buffer.alloc(16_384, 0x5a));
    const report = await verifyLog(directory);
    expect(report.ok).toBe(false);
    expect(report.findings[0]?.place).toBe('pages');
  });

  it('tells when there is no log', async () => {
    await expect(verifyLog(join(directory, 'nowhere'))).rejects.toBeInstanceOf(NoLog);
  });

  it('does not say that there is no log where it may not look', async () => {
    // a place that cannot be looked at for anybody, as one without permission cannot be for others than root
    symlinkSync('loop', join(directory, 'loop'));
    await expect(verifyLog(join(directory, 'loop'))).rejects.toBeInstanceOf(LogUnreadable);
  });
});
