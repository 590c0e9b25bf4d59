import { readFileSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, hasServer, type TestDatabase } from '@intendant/nest-kit/testing/database';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { type LogLine, recordingLogger } from '../test/recording-logger.js';
import { publishFirstPolicies } from './policies/first-policies.js';
import { TenantPolicies } from './policies/tenant-policies.js';
import { BundleStore } from './storage/bundle-store.js';
import { openDatabase } from './storage/database.js';

const policyDir = join(import.meta.dirname, '../../../policies');
const showcase = JSON.parse(readFileSync(join(policyDir, 't_showcase.json'), 'utf8'));
const bundleOf = (tenantId: string, revision: number, description = '') => ({
  ...showcase,
  tenantId,
  revision,
  description,
});

(hasServer ? describe : describe.skip)('policies in PostgreSQL', () => {
  let server: TestDatabase;
  let database: DataSource;
  let lines: LogLine[];
  let policies: TenantPolicies;
  let nowMs = Date.parse('2026-05-04T10:00:00.000Z');

  const anotherProcess = (): TenantPolicies => {
    const { logger, lines: told } = recordingLogger();
    lines = told;
    return new TenantPolicies(new BundleStore(database), { nowMs: () => nowMs }, logger);
  };
  const tamper = async (sql: string): Promise<void> => {
    await server.query('ALTER TABLE smart_city.policy_bundle DISABLE TRIGGER ALL');
    await server.query(sql);
    await server.query('ALTER TABLE smart_city.policy_bundle ENABLE TRIGGER ALL');
  };

  beforeAll(async () => {
    server = await createTestDatabase('smart_city');
  });
  afterAll(() => server.drop());
  beforeEach(async () => {
    database = await openDatabase(server.url, () => undefined);
    policies = anotherProcess();
  });
  afterEach(async () => {
    await database.destroy();
    await server.query('DROP SCHEMA smart_city CASCADE');
  });

  it('has the schema that the entities describe', async () => {
    const { upQueries } = await database.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });

  it('migrates once when several instances start together', async () => {
    await server.query('DROP SCHEMA smart_city CASCADE');
    const opened = await Promise.all([1, 2, 3].map(() => openDatabase(server.url, () => undefined)));
    expect(await server.query('SELECT name FROM smart_city.migration')).toHaveLength(1);
    await Promise.all(opened.map((one) => one.destroy()));
  });

  it('undoes its migration', async () => {
    await database.undoLastMigration();
    expect(await server.query("SELECT 1 FROM pg_tables WHERE tablename = 'policy_bundle'")).toEqual([]);
  });

  it('publishes, records who and when, and gives another process the same policy', async () => {
    const outcome = await policies.publish('t_a', bundleOf('t_a', 1), 'pat');
    expect(outcome).toMatchObject({ revision: 1, digest: policies.of('t_a')?.digest });
    const rows = await server.query(
      'SELECT tenant_id, revision, digest, published_by, published_at FROM smart_city.policy_bundle',
    );
    expect(rows).toEqual([
      {
        tenant_id: 't_a',
        revision: 1,
        digest: policies.of('t_a')?.digest,
        published_by: 'pat',
        published_at: new Date(nowMs),
      },
    ]);
    const other = anotherProcess();
    expect(other.of('t_a')).toBeNull();
    await other.refresh();
    expect(other.of('t_a')).toMatchObject({ state: 'ready', digest: policies.of('t_a')?.digest });
  });

  it('refuses what is invalid, whole and with every problem', async () => {
    const bundle = bundleOf('t_a', 1);
    bundle.rules = [
      { ...showcase.rules[0], role: 'nobody' },
      { ...showcase.rules[1], role: 'nowhere' },
    ];
    const outcome = await policies.publish('t_a', bundle, 'pat');
    expect(outcome).toMatchObject({
      code: 'policy_invalid',
      extra: { problems: [{ pointer: '/rules/0/role' }, { pointer: '/rules/1/role' }] },
    });
    expect(policies.of('t_a')).toBeNull();
    expect(await server.query('SELECT 1 FROM smart_city.policy_bundle')).toEqual([]);
  });

  it('gives a revision one content for ever', async () => {
    await policies.publish('t_a', bundleOf('t_a', 5), 'pat');
    expect(await policies.publish('t_a', bundleOf('t_a', 5), 'sam')).toMatchObject({ revision: 5 });
    expect(await policies.publish('t_a', bundleOf('t_a', 5, 'other'), 'pat')).toMatchObject({
      code: 'policy_conflict',
    });
    expect(await policies.publish('t_a', bundleOf('t_a', 4), 'pat')).toMatchObject({ code: 'policy_conflict' });
    expect(await policies.publish('t_b', bundleOf('t_a', 6), 'pat')).toMatchObject({ code: 'policy_invalid' });
    expect(await server.query('SELECT revision, published_by FROM smart_city.policy_bundle')).toEqual([
      { revision: 5, published_by: 'pat' },
    ]);
  });

  it('lets exactly one of many concurrent publications of a revision win', async () => {
    const processes = Array.from({ length: 8 }, anotherProcess);
    const outcomes = await Promise.all(
      processes.map((one, n) => one.publish('t_a', bundleOf('t_a', 1, `try ${n}`), 'pat')),
    );
    expect(outcomes.filter((outcome) => !('code' in outcome))).toHaveLength(1);
    expect(await server.query('SELECT 1 FROM smart_city.policy_bundle')).toHaveLength(1);
  });

  it('never changes or removes what was published', async () => {
    await policies.publish('t_a', bundleOf('t_a', 1), 'pat');
    for (const sql of [
      "UPDATE smart_city.policy_bundle SET published_by = 'eve'",
      'DELETE FROM smart_city.policy_bundle',
      'TRUNCATE smart_city.policy_bundle',
    ])
      await expect(server.query(sql)).rejects.toThrow('never changed or removed');
  });

  it('denies only the tenant whose stored document is unusable, and recovers with it', async () => {
    for (const tenantId of ['t_a', 't_b', 't_c', 't_d']) await policies.publish(tenantId, bundleOf(tenantId, 1), 'pat');
    await tamper("UPDATE smart_city.policy_bundle SET document = '{}' WHERE tenant_id = 't_a'");
    await tamper(
      `UPDATE smart_city.policy_bundle SET document = document || '{"description":"changed"}' WHERE tenant_id = 't_b'`,
    );
    await tamper("UPDATE smart_city.policy_bundle SET tenant_id = 't_x' WHERE tenant_id = 't_c'");
    const other = anotherProcess();
    await other.refresh();
    await other.refresh();
    const states = ['t_a', 't_b', 't_c', 't_d', 't_x'].map((tenantId) => other.of(tenantId)?.state);
    expect(states).toEqual(['broken', 'broken', undefined, 'ready', 'broken']);
    expect(lines.filter(({ text }) => text === 'stored policy is unusable, tenant is denied')).toHaveLength(3);
    await other.publish('t_a', bundleOf('t_a', 2), 'pat');
    await other.refresh();
    expect(other.of('t_a')).toMatchObject({ state: 'ready', revision: 2 });
  });

  it('tells of changes, once each, and knows when it last looked', async () => {
    let changes = 0;
    const other = anotherProcess();
    other.changes.subscribe(() => (changes += 1));
    await policies.publish('t_a', bundleOf('t_a', 1), 'pat');
    await other.refresh();
    await other.refresh();
    expect(changes).toBe(1);
    await policies.publish('t_a', bundleOf('t_a', 2), 'pat');
    nowMs += 1_000;
    await other.refresh();
    expect(changes).toBe(2);
    expect(other.of('t_a')?.revision).toBe(2);
    expect(other.checkedAtMs).toBe(nowMs);
  });

  it('keeps what it has while the store is away, and says so to a publisher', async () => {
    await policies.publish('t_a', bundleOf('t_a', 1), 'pat');
    await policies.refresh();
    const { checkedAtMs } = policies;
    await database.destroy();
    nowMs += 1_000;
    await expect(policies.refresh()).rejects.toThrow();
    expect(await policies.publish('t_a', bundleOf('t_a', 2), 'pat')).toMatchObject({ code: 'policy_unavailable' });
    expect(policies.of('t_a')?.revision).toBe(1);
    expect(policies.checkedAtMs).toBe(checkedAtMs);
    database = await openDatabase(server.url, () => undefined);
  });

  it('loads first policies only for tenants that have none, and leaves bad files out', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'policies-'));
    await writeFile(join(folder, 't_a.json'), JSON.stringify(bundleOf('t_a', 1)));
    await writeFile(join(folder, 't_b.json'), JSON.stringify(bundleOf('t_b', 1)));
    await writeFile(join(folder, 't_bad.json'), '{"tenantId": "t_bad"}');
    await writeFile(join(folder, 't_twice.json'), '{"a": 1, "a": 2}');
    await writeFile(join(folder, 't_other.json'), JSON.stringify(bundleOf('t_elsewhere', 1)));
    await policies.publish('t_a', bundleOf('t_a', 7), 'pat');
    const { logger, lines: told } = recordingLogger();
    await publishFirstPolicies(folder, policies, logger);
    expect([...policies.all()].map(({ tenantId, revision }) => [tenantId, revision])).toEqual([
      ['t_a', 7],
      ['t_b', 1],
    ]);
    expect(told.map(({ fields }) => [fields.file, fields.code])).toEqual([
      ['t_bad.json', 'policy_invalid'],
      ['t_other.json', 'policy_invalid'],
      ['t_twice.json', 'malformed_json'],
    ]);
  });

  it('loads the default policies', async () => {
    const { logger, lines: told } = recordingLogger();
    await publishFirstPolicies(policyDir, policies, logger);
    expect(told).toEqual([]);
    expect([...policies.all()].map(({ tenantId }) => tenantId).sort()).toEqual([
      't_atlantic_life',
      't_bench',
      't_energy_corp',
      't_showcase',
      't_te_range',
    ]);
  });
});
