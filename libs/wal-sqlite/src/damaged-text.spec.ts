import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf } from '@intendant/kernel';
import {
  EMPTY_HEAD,
  type Entry,
  encodeEntry,
  LogCorrupt,
  partitionOf,
  type RecordDraft,
  type RecordType,
  refusalsOf,
} from '@intendant/wal';
import { executionIn, SAMPLE_DATA, SAMPLE_IDS, sampleAttribution } from '@intendant/wal/testing';
import { describe, expect, it } from '@jest/globals';
import type Database from 'libsql';
import { withLog } from '../test/temporary-log.js';
import { LOG_FILE, SqliteLogReader, type SqliteWal, verifyLog } from './index.js';

// The driver ends the process, and with it this suite, over text that is not UTF-8.

const LIVE = executionIn(0, 1);
const SETTLED = executionIn(1, 2);
const TENANT = SAMPLE_IDS.tenantId;
const CONTENT = { sha256: 'a'.repeat(64), sizeBytes: 3 };

const TEXTS: readonly (readonly [table: string, column: string])[] = [
  ['entry', 'stream_id'],
  ['lease', 'nonce'],
  ['live', 'execution_id'],
  ['meta', 'name'],
  ['meta', 'value'],
  ['reference', 'content'],
  ['reference', 'execution_id'],
  ['reference', 'owner_user_id'],
  ['reference', 'reference'],
  ['reference', 'resource_class'],
  ['reference', 'tenant_id'],
  ['refusal', 'refusal_id'],
  ['refusal', 'tenant_id'],
  ['state', 'key'],
  ['state', 'owner_id'],
  ['state', 'value'],
];

const draftOf = <T extends RecordType>(type: T, data: object = {}): RecordDraft =>
  ({ type, data: { ...SAMPLE_DATA[type], ...data }, actor: 'runtime', cause: null }) as RecordDraft;
const entryOf = (streamId: string, executionId: string | null, drafts: readonly RecordDraft[]): Entry =>
  encodeEntry(streamId, EMPTY_HEAD, sampleAttribution(executionId), SAMPLE_IDS.at, drafts);

/** A row in every table, in more than one partition. */
async function fill(wal: SqliteWal): Promise<void> {
  const entries = [
    entryOf(SETTLED, SETTLED, [draftOf('execution.started')]),
    entryOf(LIVE, LIVE, [
      draftOf('intent.received', { keyDigest: digestOf('key') }),
      draftOf('execution.started'),
      draftOf('data.registered', { ownerUserId: 'ada', content: CONTENT, reference: 'file_1' }),
      draftOf('state.changed', { key: 'a', scope: 'execution', value: { a: 2 } }),
    ]),
    entryOf(executionIn(2), executionIn(2), [
      draftOf('execution.started'),
      draftOf('data.registered', { ownerUserId: 'bob', content: null, reference: 'file_2', resourceClass: 'other' }),
    ]),
    entryOf(refusalsOf(TENANT), null, [draftOf('intent.rejected', { refusalId: 'rfs_1' })]),
  ];
  for (const entry of entries)
    await wal.append(await wal.acquire(partitionOf(entry.streamId, wal.partitionCount)), [entry]);
}

/** Flips the highest bit of the first byte of one value, as text. */
function flip(db: Database.Database, table: string, column: string): void {
  const { old } = db.prepare(`SELECT hex(${column}) AS old FROM ${table} WHERE ${column} != '' LIMIT 1`).get() as {
    old: string;
  };
  const bytes = Buffer.from(old, 'hex');
  bytes[0] = (bytes[0] as number) ^ 0x80;
  db.exec(`UPDATE ${table} SET ${column} = CAST(x'${bytes.toString('hex')}' AS TEXT) WHERE hex(${column}) = '${old}'`);
}

/** Where `verify` finds something; the command exits with 8 for findings and for `LogCorrupt` alike. */
const foundIn = (directory: string): Promise<string> =>
  verifyLog(directory).then(
    ({ findings }) => findings.map(({ place, finding }) => `${place}: ${finding}`).join('\n'),
    (error: unknown) => {
      if (error instanceof LogCorrupt) return error.message;
      throw error;
    },
  );

/** A filled log that was closed, damaged, and is there again. */
const withDamaged = (
  damage: (directory: string, tamper: (change: (db: Database.Database) => void) => void) => void,
  work: (directory: string, open: () => SqliteWal) => Promise<void>,
): Promise<void> =>
  withLog(async ({ open, directory, tamper }) => {
    const wal = open();
    await fill(wal);
    await wal.close();
    expect(await foundIn(directory)).toBe('');
    damage(directory, tamper);
    await work(directory, open);
  });

const corruptAt = (place: string) => expect.objectContaining({ name: 'LogCorrupt', place });

describe('text in the database that is no UTF-8 any more', () => {
  it('is looked for in every column that holds text', () =>
    withLog(async ({ open, tamper }) => {
      await open().close();
      tamper((db) => {
        const found = db
          .prepare(
            `SELECT t.name AS "table", c.name AS "column" FROM sqlite_schema AS t JOIN pragma_table_info(t.name) AS c
             WHERE t.type = 'table' AND c.type = 'TEXT' ORDER BY 1, 2`,
          )
          .all() as { table: string; column: string }[];
        expect(found.map(({ table, column }) => [table, column])).toEqual(TEXTS);
      });
    }));

  it.each(TEXTS)('is found and named: %s.%s', (table, column) =>
    withDamaged(
      (_directory, tamper) => tamper((db) => flip(db, table, column)),
      async (directory) => {
        const place = table === 'entry' ? /stream .* seq 1: / : new RegExp(`table ${table}`);
        expect(await foundIn(directory)).toMatch(place);
      },
    ),
  );

  it('stops the reading of its stream and its partition, and of no other', () =>
    withDamaged(
      (_directory, tamper) => tamper((db) => flip(db, 'entry', 'stream_id')),
      async (directory) => {
        const reader = new SqliteLogReader(directory);
        try {
          const outcomes = await Promise.allSettled([0, 1, 2, 3].map((partition) => reader.read(partition, 1, 10)));
          const damaged = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
          expect(damaged).toEqual([
            expect.objectContaining({ name: 'LogCorrupt', finding: 'hash does not match the bytes' }),
          ]);
          expect(damaged[0].place).toMatch(/ seq 1 \(partition \d, position 1\)$/);
        } finally {
          reader.close();
        }
      },
    ));

  it.each<[column: string, table: string, place: string, read: (wal: SqliteWal) => unknown]>([
    ['content', 'reference', `table reference, content of file_1 in ${TENANT}`, fileOne],
    ['resource_class', 'reference', `table reference, class of file_1 in ${TENANT}`, fileOne],
    ['owner_user_id', 'reference', `table reference, owner of file_1 in ${TENANT}`, fileOne],
    ['execution_id', 'reference', `table reference, execution of file_1 in ${TENANT}`, fileOne],
    ['value', 'state', `table state, a of ${LIVE}`, (wal) => wal.store.state(LIVE, 'a')],
  ])('fails who asks for it, and nobody else: %s of %s', (column, table, place, read) =>
    withDamaged(
      (_directory, tamper) => tamper((db) => flip(db, table, column)),
      async (_directory, open) => {
        const wal = open();
        expect(() => read(wal)).toThrow(corruptAt(place));
        expect(wal.store.references(TENANT, 'file_2')).toHaveLength(1);
        expect(wal.store.liveExecutions(0)).toContain(LIVE);
        await expect(wal.readStream(LIVE)).resolves.toHaveLength(1);
      },
    ),
  );

  it('hides which executions live in its partition, and in no other', () =>
    withDamaged(
      (_directory, tamper) => tamper((db) => flip(db, 'live', 'execution_id')),
      async (_directory, open) => {
        const { store } = open();
        const damaged = [0, 1, 2, 3].filter((partition) => {
          try {
            store.liveExecutions(partition);
            return false;
          } catch (error) {
            expect(error).toEqual(corruptAt(`table live, an execution of partition ${partition}`));
            return true;
          }
        });
        expect(damaged).toHaveLength(1);
      },
    ));

  it.each(['name', 'value'])('of the log itself refuses the start, by name: %s', (column) =>
    withDamaged(
      (_directory, tamper) => tamper((db) => flip(db, 'meta', column)),
      async (directory, open) => {
        expect(() => open()).toThrow(/log corrupt at table meta/);
        expect(() => new SqliteLogReader(directory)).toThrow(/log corrupt at .*table meta/);
      },
    ),
  );

  it('is the same for a byte that changed in the file', () =>
    withDamaged(
      (directory) => {
        const file = join(directory, LOG_FILE);
        const bytes = readFileSync(file);
        // the row of the table, not the entry, which names its members in another way
        const at = bytes.indexOf('"sizeBytes"', bytes.indexOf(`${TENANT}file_1ada`));
        bytes[at + 2] = (bytes[at + 2] as number) ^ 0x80;
        writeFileSync(file, bytes);
      },
      async (directory, open) => {
        expect(await foundIn(directory)).toMatch(/^table reference: the store holds reference file_1 of ada/);
        expect(() => fileOne(open())).toThrow(corruptAt(`table reference, content of file_1 in ${TENANT}`));
      },
    ));
});

function fileOne(wal: SqliteWal): unknown {
  return wal.store.references(TENANT, 'file_1');
}
