import { randomBytes } from 'node:crypto';
import { createTestDatabase, hasServer, type TestDatabase } from '@intendant/nest-kit/testing/database';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { rowsAs, type WithRows, withRows } from '../test/read-model-database.js';
import { openDatabase } from './database.js';
import { ROLES } from './roles.js';
import { inTenant } from './tenant-transaction.js';
import { type OpenProjector, openProjector } from './testing/open-projector.js';
import { SampleLog } from './testing/sample-log.js';

const TENANT_TABLES = ['execution', 'log_entry', 'data_entry', 'data_source'];

(hasServer ? describe : describe.skip)('row security', () => {
  let server: WithRows<TestDatabase>;
  let open: OpenProjector;
  const executions: Record<string, string> = {};
  const databases: DataSource[] = [];

  /** The lists' connections: few, so that tenants share them. */
  const connect = async (url: string, connectionsMax = 1): Promise<DataSource> => {
    const database = await openDatabase({
      url,
      applicationName: 'row-security-test',
      connectionsMax,
      statementMs: 4_000,
      synchronousCommit: true,
      onConnectionLost: () => undefined,
    });
    databases.push(database);
    return database;
  };
  const asked = (database: DataSource, tenantId: string, sql: string): Promise<Record<string, unknown>[]> =>
    inTenant(database, tenantId, (manager) => manager.query(sql));
  const tenantsIn = async (database: DataSource, tenantId: string, table: string): Promise<unknown[]> =>
    (await asked(database, tenantId, `SELECT DISTINCT tenant_id FROM read_model.${table}`)).map((row) => row.tenant_id);

  beforeAll(async () => {
    server = withRows(await createTestDatabase('read_model'));
    const log = new SampleLog();
    open = await openProjector(server.url, log);
    for (const tenantId of ['acme', 'globex']) {
      const sessionId = await log.openSession(tenantId, 'ada');
      const executionId = await log.accept({ tenantId, userId: 'ada', sessionId, intentType: 'content.parse' });
      await log.complete(executionId, { artifactId: `of_${tenantId}`, parents: ['source_1'] });
      executions[tenantId] = executionId;
    }
    await log.getStuck(
      await log.accept({ tenantId: 'acme', userId: 'ada', sessionId: 'none', intentType: 'content.parse' }),
    );
    await open.catchUp();
  });
  afterAll(async () => {
    for (const database of databases) if (database.isInitialized) await database.destroy();
    await open.close();
    await server.drop();
  });

  const callers = () => [server.url, ...(server.superuserUrl === null ? [] : [server.superuserUrl])];

  it('shows a question without a tenant in it the rows of its tenant only, owner and superuser included', async () => {
    for (const url of callers()) {
      const database = await connect(url);
      for (const tenantId of ['acme', 'globex', 'acme'])
        for (const table of TENANT_TABLES)
          expect([table, await tenantsIn(database, tenantId, table)]).toEqual([table, [tenantId]]);
      expect(await tenantsIn(database, 'nobody', 'execution')).toEqual([]);
      expect(await asked(database, 'acme', 'SELECT current_user AS who')).toEqual([{ who: ROLES.reader }]);
    }
  });

  it('shows nothing to whoever names no tenant, or takes no role', async () => {
    for (const table of TENANT_TABLES) {
      expect(await rowsAs(server.url, ROLES.reader, `SELECT * FROM read_model.${table}`)).toEqual([]);
      expect(await server.query(`SELECT * FROM read_model.${table}`)).toEqual([]);
      expect((await server.rows(`SELECT * FROM read_model.${table}`)).length).toBeGreaterThan(1);
    }
  });

  it('has no row for the id of another tenant’s execution, however it was come by', async () => {
    const database = await connect(server.url);
    const byId = `SELECT * FROM read_model.execution WHERE execution_id = '${executions['globex']}'`;
    expect(await asked(database, 'acme', byId)).toEqual([]);
    expect(await asked(database, 'globex', byId)).toHaveLength(1);
    const either = `SELECT * FROM read_model.execution WHERE tenant_id = 'globex' OR true`;
    expect(await asked(database, 'acme', either)).toHaveLength(2);
    expect(await asked(database, `globex' OR '1'='1`, either)).toEqual([]);
  });

  it('takes no writes through the door of the lists', async () => {
    const database = await connect(server.url);
    for (const sql of ['DELETE FROM read_model.execution', 'TRUNCATE read_model.execution'])
      await expect(asked(database, 'acme', sql)).rejects.toThrow(/read-only|permission denied/);
    await expect(asked(database, 'acme', 'SELECT * FROM read_model.projection_position')).rejects.toThrow(
      'permission denied',
    );
  });

  it('never shows one tenant another’s on a connection that they share, whatever broke on it before', async () => {
    const user = `reader_test_${randomBytes(6).toString('hex')}`;
    await server.query(`CREATE ROLE ${user} LOGIN PASSWORD 'x'`);
    await server.query(`GRANT ${ROLES.reader} TO ${user}`);
    const url = new URL(server.url);
    await server.query(`GRANT CONNECT ON DATABASE ${url.pathname.slice(1)} TO ${user}`);
    url.username = user;
    url.password = 'x';
    const database = await connect(url.href);
    const shown = (tenantId: string) => tenantsIn(database, tenantId, 'execution');
    expect(await shown('acme')).toEqual(['acme']);
    // The transaction begins, and the role cannot be taken.
    await server.query(`REVOKE ${ROLES.reader} FROM ${user}`);
    await expect(shown('globex')).rejects.toThrow('permission denied to set role');
    await server.query(`GRANT ${ROLES.reader} TO ${user}`);
    expect(await shown('globex')).toEqual(['globex']);
    // A transaction that was left open, with and without its tenant.
    for (const left of ['BEGIN', `BEGIN; SET LOCAL ROLE ${ROLES.reader}; SET LOCAL "intendant.tenant" = 'acme'`]) {
      await database.query(left);
      expect(await shown('globex')).toEqual(['globex']);
    }
    // A question that fails, and a connection that ends in the middle of one.
    await expect(asked(database, 'acme', 'SELECT 1 / 0')).rejects.toThrow('division by zero');
    expect(await shown('globex')).toEqual(['globex']);
    await expect(
      inTenant(database, 'acme', async (manager) => {
        const [{ pid }] = await manager.query('SELECT pg_backend_pid() AS pid');
        if (server.superuserUrl === null) throw new Error('connection ended');
        await rowsAs(server.superuserUrl, 'postgres', `SELECT pg_terminate_backend(${pid}, 5000)`);
        return manager.query('SELECT * FROM read_model.execution');
      }),
    ).rejects.toThrow();
    expect(await shown('globex')).toEqual(['globex']);
    await database.destroy();
    await server.query(`REVOKE ${ROLES.reader} FROM ${user}`);
    await server.query(`REVOKE ALL ON DATABASE ${url.pathname.slice(1)} FROM ${user}`);
    await server.query(`DROP ROLE ${user}`);
  });

  it('lets the overseer see what is stuck and how far the projection is, and no more', async () => {
    const seen = await rowsAs(server.url, ROLES.overseer, 'SELECT status, intent_type FROM read_model.execution');
    expect(seen).toEqual([{ status: 'stuck', intent_type: 'content.parse' }]);
    for (const sql of ['SELECT tenant_id FROM read_model.execution', 'SELECT * FROM read_model.log_entry'])
      await expect(rowsAs(server.url, ROLES.overseer, sql)).rejects.toThrow('permission denied');
  });

  it('is forced on every table, those of a rebuild included', async () => {
    const insecure = () =>
      server.query(`SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'read_model'::regnamespace
        AND relname <> 'migration' AND NOT (relrowsecurity AND relforcerowsecurity)`);
    expect(await insecure()).toEqual([]);
    await open.projector.rebuild();
    await open.catchUp();
    expect(open.projector.rebuilding).toBeNull();
    expect(await insecure()).toEqual([]);
    const database = await connect(server.url);
    for (const table of TENANT_TABLES) expect(await tenantsIn(database, 'acme', table)).toEqual(['acme']);
  });
});

(hasServer ? describe : describe.skip)('a database user without the roles', () => {
  it('is told what to have made, and nothing is projected', async () => {
    const server = withRows(await createTestDatabase('read_model'));
    const user = `bare_test_${randomBytes(6).toString('hex')}`;
    await server.query(`CREATE ROLE ${user} LOGIN PASSWORD 'x'`);
    const url = new URL(server.url);
    const name = url.pathname.slice(1);
    await server.query(`GRANT CREATE, CONNECT ON DATABASE ${name} TO ${user}`);
    url.username = user;
    url.password = 'x';
    await expect(openProjector(url.href, new SampleLog())).rejects.toMatchObject({
      name: 'RolesMissing',
      message: expect.stringContaining(`GRANT ${Object.values(ROLES).join(', ')} TO ${user}`),
    });
    // What an administrator does; from then on the user needs no right to make roles.
    for (const role of Object.values(ROLES)) {
      await server.query(`DO $$ BEGIN CREATE ROLE ${role} NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$`);
      await server.query(`GRANT ${role} TO ${user}`);
    }
    const open = await openProjector(url.href, new SampleLog());
    await open.close();
    await server.drop();
  });
});
