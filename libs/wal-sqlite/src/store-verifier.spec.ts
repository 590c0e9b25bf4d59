import { digestOf } from '@intendant/kernel';
import {
  EMPTY_HEAD,
  type Entry,
  encodeEntry,
  partitionOf,
  type RecordDraft,
  type RecordType,
  refusalsOf,
} from '@intendant/wal';
import { executionIn, SAMPLE_DATA, SAMPLE_IDS, sampleAttribution } from '@intendant/wal/testing';
import { describe, expect, it } from '@jest/globals';
import type Database from 'libsql';
import { withLog } from '../test/temporary-log.js';
import { type LogReport, type SqliteWal, verifyLog } from './index.js';

const LIVE = executionIn(0, 1);
const SETTLED = executionIn(0, 2);
const TENANT = SAMPLE_IDS.tenantId;

const draftOf = <T extends RecordType>(type: T, data: object = {}): RecordDraft =>
  ({ type, data: { ...SAMPLE_DATA[type], ...data }, actor: 'runtime', cause: null }) as RecordDraft;
const entryOf = (streamId: string, executionId: string | null, drafts: readonly RecordDraft[]): Entry =>
  encodeEntry(streamId, EMPTY_HEAD, sampleAttribution(executionId), SAMPLE_IDS.at, drafts);
const stateOf = (value: object): RecordDraft => draftOf('state.changed', { key: 'a', scope: 'execution', value });

/** One row in every table: a state that was written twice, its members in no canonical order, and an execution that needs none. */
async function fill(wal: SqliteWal): Promise<void> {
  const entries = [
    entryOf(LIVE, LIVE, [
      draftOf('intent.received', { keyDigest: digestOf('key') }),
      draftOf('execution.started'),
      draftOf('data.registered', { reference: 'table_1', ownerUserId: 'ada', content: null }),
      stateOf({ before: 1 }),
      stateOf({ z: 1, a: 2 }),
    ]),
    entryOf(SETTLED, SETTLED, [draftOf('execution.started')]),
    entryOf(refusalsOf(TENANT), null, [draftOf('intent.rejected', { refusalId: 'rfs_1' })]),
  ];
  for (const entry of entries) await append(wal, entry);
}

async function append(wal: SqliteWal, entry: Entry): Promise<void> {
  await wal.append(await wal.acquire(partitionOf(entry.streamId, wal.partitionCount)), [entry]);
}

/** What verification says of a log in which somebody changed these rows by hand. */
async function reportAfter(change: (db: Database.Database) => void): Promise<LogReport> {
  let report: LogReport | undefined;
  await withLog(async ({ open, directory, tamper }) => {
    const wal = open();
    await fill(wal);
    await wal.close();
    expect((await verifyLog(directory)).findings).toEqual([]);
    tamper(change);
    report = await verifyLog(directory);
  });
  return report as LogReport;
}

const reference = `reference table_1 of ada in ${TENANT}`;
const forged = (what: string): string => `the store holds ${what}, and no entry says so`;
const changed = (what: string): string => `the store holds ${what} otherwise than the entries say`;
const missing = (what: string): string => `the store does not hold ${what}`;

describe('the tables beside the journal', () => {
  it.each<[what: string, statement: string, table: string, finding: string]>([
    [
      'a reference that nobody registered',
      `INSERT INTO reference VALUES ('${TENANT}', 'table_1', 'bob', 'content', NULL, NULL)`,
      'reference',
      forged(`reference table_1 of bob in ${TENANT}`),
    ],
    ['a reference that is gone', 'DELETE FROM reference', 'reference', missing(reference)],
    ['a reference of another class', "UPDATE reference SET resource_class = 'x'", 'reference', changed(reference)],
    ['a reference with content', "UPDATE reference SET content = '{}'", 'reference', changed(reference)],
    ['another state', `UPDATE state SET value = '{"evil":1}'`, 'state', changed(`state a of ${LIVE}`)],
    ['a state that is no JSON', "UPDATE state SET value = 'x'", 'state', changed(`state a of ${LIVE}`)],
    ['a state before the last', `UPDATE state SET value = '{"before":1}'`, 'state', changed(`state a of ${LIVE}`)],
    ['a state that nobody wrote', "INSERT INTO state VALUES ('ses_1', 'b', '1')", 'state', forged('state b of ses_1')],
    ['a state that is gone', 'DELETE FROM state', 'state', missing(`state a of ${LIVE}`)],
    [
      'an execution that never was',
      `INSERT INTO live VALUES ('${executionIn(1, 9)}', 1)`,
      'live',
      forged(`${executionIn(1, 9)} as live`),
    ],
    [
      'a live execution in another partition',
      `UPDATE live SET partition = 1 WHERE execution_id = '${LIVE}'`,
      'live',
      changed(`${LIVE} as live`),
    ],
    [
      'a live execution that is left out',
      `DELETE FROM live WHERE execution_id = '${LIVE}'`,
      'live',
      missing(`${LIVE} as live`),
    ],
    [
      'a key of another execution',
      'UPDATE key_holder SET execution_id = zeroblob(16)',
      'key_holder',
      changed(`idempotency key ${digestOf('key').slice(0, 32)}`),
    ],
    [
      'a key that nobody bound',
      'INSERT INTO key_holder VALUES (zeroblob(16), zeroblob(16), zeroblob(32))',
      'key_holder',
      forged(`idempotency key ${'0'.repeat(32)}`),
    ],
    [
      'a refusal that never was',
      `INSERT INTO refusal VALUES ('${TENANT}', 'rfs_2', 1)`,
      'refusal',
      forged(`refusal rfs_2 in ${TENANT}`),
    ],
    ['a refusal elsewhere', 'UPDATE refusal SET seq = 7', 'refusal', changed(`refusal rfs_1 in ${TENANT}`)],
    [
      'a reach beyond the end',
      "UPDATE meta SET value = '99' WHERE name = 'store_ordinal'",
      'meta',
      'the store is said to reach entry 99, the last one is 3',
    ],
  ])('are held against it: %s', async (_what, statement, table, finding) => {
    const { ok, findings } = await reportAfter((db) => db.exec(statement));
    expect(ok).toBe(false);
    expect(findings).toEqual([{ place: `table ${table}`, finding }]);
  });

  it('are not held against an entry that is not sound: what it says is unknown', async () => {
    const { findings } = await reportAfter((db) =>
      db.exec(`UPDATE entry SET hash = zeroblob(32) WHERE stream_id = '${LIVE}'; DELETE FROM reference`),
    );
    expect(findings).toEqual([{ place: `stream ${LIVE} seq 1`, finding: 'hash does not match the bytes' }]);
  });

  it('are what the entries say once they were folded anew', () =>
    withLog(async ({ open, directory, tamper }) => {
      const wal = open();
      await fill(wal);
      await wal.close();
      tamper((db) =>
        db.exec("DELETE FROM refusal; INSERT INTO live VALUES ('exe_x', 1); UPDATE state SET value = '1'"),
      );
      expect((await verifyLog(directory)).findingCount).toBe(3);
      const again = open();
      again.rebuildStore();
      await again.close();
      expect((await verifyLog(directory)).findings).toEqual([]);
    }));

  it('are left as they were by a folding anew that ends halfway', () =>
    withLog(async ({ open, directory, tamper }) => {
      const wal = open();
      await fill(wal);
      await wal.close();
      tamper((db) => db.exec("CREATE TRIGGER cut BEFORE DELETE ON refusal BEGIN SELECT RAISE(ABORT, 'cut off'); END"));
      const again = open();
      expect(() => again.rebuildStore()).toThrow('cut off');
      await again.close();
      tamper((db) => db.exec('DROP TRIGGER cut'));
      expect((await verifyLog(directory)).findings).toEqual([]);
    }));

  it('are compared up to where they reach, while their writer goes on', () =>
    withLog(async ({ open, directory }) => {
      const wal = open();
      await fill(wal);
      const lease = await wal.acquire(0);
      const verifying = verifyLog(directory);
      for (let n = 10; n < 3_000; n += 100)
        await Promise.all(
          Array.from({ length: 100 }, (_, more) => {
            const streamId = executionIn(0, n + more);
            const received = draftOf('intent.received', { keyDigest: digestOf(n + more) });
            return wal.append(lease, [entryOf(streamId, streamId, [received, draftOf('execution.started')])]);
          }),
        );
      expect((await verifying).findings).toEqual([]);
      expect((await verifyLog(directory)).findings).toEqual([]);
    }));
});
