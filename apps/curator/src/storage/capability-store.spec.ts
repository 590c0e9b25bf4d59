import { createTestDatabase, hasServer, type TestDatabase, withoutServer } from '@intendant/nest-kit/testing/database';
import { registeredCapability } from '@intendant/registry';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { definitionOf } from '../../test/registrations.js';
import { CapabilityStore, CorruptRegistry, StaleRevision } from './capability-store.js';
import { openDatabase } from './database.js';

const quiet = { connectionLost: () => undefined, notThereYet: () => undefined };
const at = new Date('2026-05-04T10:00:00.000Z');
const parse = registeredCapability(
  definitionOf('content.parse', {
    inputContract: { type: 'object', required: ['b', 'a'], properties: { b: { const: 1e21 }, a: { const: 0.1 } } },
  }),
  'content',
);

(hasServer ? describe : describe.skip)(`the registry in PostgreSQL${withoutServer}`, () => {
  let server: TestDatabase;
  let database: DataSource;
  let store: CapabilityStore;

  beforeAll(async () => {
    server = await createTestDatabase('curator');
  });
  afterAll(() => server.drop());
  beforeEach(async () => {
    database = await openDatabase(server.url, 0, quiet);
    store = new CapabilityStore(database);
  });
  afterEach(async () => {
    await database.destroy();
    await server.query('DROP SCHEMA curator CASCADE');
  });

  test('has the schema that the entities describe', async () => {
    const { upQueries } = await database.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });

  test('migrates once when several processes start together', async () => {
    await server.query('DROP SCHEMA curator CASCADE');
    const opened = await Promise.all([1, 2, 3].map(() => openDatabase(server.url, 0, quiet)));
    expect(await server.query('SELECT name FROM curator.migration')).toHaveLength(1);
    await Promise.all(opened.map((one) => one.destroy()));
  });

  test('undoes its migration', async () => {
    await database.undoLastMigration();
    expect(await server.query("SELECT tablename FROM pg_tables WHERE schemaname = 'curator'")).toEqual([
      { tablename: 'migration' },
    ]);
  });

  test('begins empty at revision 0', async () => {
    expect(await store.load()).toEqual({ revision: 0, capabilities: [] });
  });

  test('gives back what was stored, digest and numbers included', async () => {
    expect(await store.raise(0, [parse], at)).toBe(1);
    expect(await store.load()).toEqual({ revision: 1, capabilities: [parse] });
    expect(await server.query('SELECT name, version, service, digest, registered_at FROM curator.capability')).toEqual([
      { name: 'content.parse', version: '1.0.0', service: 'content', digest: parse.digest, registered_at: at },
    ]);
  });

  test('a revision that is not the stored one writes nothing', async () => {
    await store.raise(0, [], at);
    await expect(store.raise(0, [parse], at)).rejects.toThrow(StaleRevision);
    await expect(store.raise(2, [parse], at)).rejects.toThrow(StaleRevision);
    expect(await store.load()).toEqual({ revision: 1, capabilities: [] });
  });

  test('of many writers at the same revision one wins', async () => {
    const outcomes = await Promise.allSettled([1, 2, 3, 4].map(() => store.raise(0, [parse], at)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await store.load()).revision).toBe(1);
  });

  test('capabilities and revision are stored together or not at all', async () => {
    await store.raise(0, [parse], at);
    await expect(store.raise(1, [{ ...parse, version: '1.1.0' }, parse], at)).rejects.toThrow(/pk_capability/);
    expect(await store.load()).toEqual({ revision: 1, capabilities: [parse] });
  });

  test.each([
    ['its document was changed', `UPDATE curator.capability SET document = document || '{"timeoutMs": 1}'`, /digest/],
    ['its name was changed', "UPDATE curator.capability SET name = 'content.other'", /content\.other/],
  ])('a stored capability that was tampered with is not loaded: %s', async (_what, sql, message) => {
    await store.raise(0, [parse], at);
    await server.query(sql);
    await expect(store.load()).rejects.toThrow(CorruptRegistry);
    await expect(store.load()).rejects.toThrow(message);
  });

  test('a server that is not there is waited for, but not for ever', async () => {
    const url = new URL(server.url);
    url.port = '1';
    const waits: unknown[] = [];
    await expect(
      openDatabase(url.href, 3_100, { ...quiet, notThereYet: (error) => waits.push(error) }),
    ).rejects.toThrow();
    expect(waits.length).toBeGreaterThan(0);
  });
});
