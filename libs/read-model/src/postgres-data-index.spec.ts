import { createTestDatabase, hasServer, type TestDatabase } from '@intendant/nest-kit/testing/database';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type WithRows, withRows } from '../test/read-model-database.js';
import type { ProvenancePlace, ReferencePlace } from './cursors.js';
import type { DataScope } from './data-index.js';
import { PostgresReadModel } from './postgres-read-model.js';
import { type OpenProjector, openProjector } from './testing/open-projector.js';
import { type SampleArtifact, type SampleIntent, SampleLog } from './testing/sample-log.js';

const STAGED = `content://${'1'.repeat(64)}`;
const RENDERED = `content://${'2'.repeat(64)}`;
const ACME = { tenantId: 'acme', userId: null };
const ADA = { tenantId: 'acme', userId: 'ada' };
const BOB = { tenantId: 'acme', userId: 'bob' };
const GLOBEX = { tenantId: 'globex', userId: null };

(hasServer ? describe : describe.skip)('references in PostgreSQL', () => {
  let server: WithRows<TestDatabase>;
  let open: OpenProjector;
  let readModel: PostgresReadModel;
  const log = new SampleLog();
  const made: Record<string, string> = {};

  const run = async (intent: Partial<SampleIntent>, ...artifacts: SampleArtifact[]): Promise<string> => {
    const { tenantId = 'acme', userId = 'ada' } = intent;
    const sessionId = await log.openSession(tenantId, userId);
    const executionId = await log.accept({ tenantId, userId, sessionId, intentType: 'content.parse', ...intent });
    log.goOn(1_000);
    await log.complete(executionId, ...artifacts);
    log.goOn(1_000);
    return executionId;
  };

  beforeAll(async () => {
    server = withRows(await createTestDatabase('read_model'));
    open = await openProjector(server.url, log);
    readModel = new PostgresReadModel(server.url);
    await log.stage('acme', 'ada', STAGED);
    log.goOn(1_000);
    const file = { artifactId: 'file_1', resultType: 'file', parents: [STAGED], content: STAGED };
    made.upload = await run({ given: [STAGED], payload: { contentRef: STAGED } }, file);
    const columns = [{ name: 'id', type: 'integer', example: 'a value' }];
    const parsed = { artifactId: 'parsed_1', parents: ['file_1'], content: RENDERED, semanticPayload: { columns } };
    made.parse = await run({ given: ['file_1'], payload: { fileId: 'file_1', also: ['file_1'] } }, parsed);
    made.silent = await run({ userId: 'bob', given: ['parsed_1'] }, { artifactId: 'report_1' });
    const elsewhere = ['parsed_1', 'secret_1', 'nowhere_1', 'a\u0000b'];
    made.foreign = await run({ tenantId: 'globex' }, { artifactId: 'secret_1' });
    made.leaky = await run({ userId: 'eve' }, { artifactId: 'claim_1', parents: elsewhere });
    await open.catchUp();
  });
  afterAll(async () => {
    await readModel.close();
    await open.close();
    await server.drop();
  });

  const list = async (scope: DataScope, filter = {}): Promise<string[]> =>
    (await readModel.data.list(scope, filter, null, 200)).references.map(({ referenceId }) => referenceId);
  const history = async (scope: DataScope, reference: string): Promise<string[]> =>
    (await readModel.data.provenance(scope, reference, null, 200)).entries.map(
      ({ operation, sourceReferenceIds: sources, metadata, executionId }) =>
        [operation, nameOf(executionId), ...sources, metadata.derivedReferenceId].filter(Boolean).join(' '),
    );
  const nameOf = (id: string | null): string => Object.keys(made).find((name) => made[name] === id) ?? 'nobody';
  const edges = async (scope: DataScope, direction: 'upstream' | 'downstream', ...references: string[]) =>
    (await readModel.data.edges(scope, references, direction, 100)).map(
      (edge) => `${edge.sourceReferenceId} > ${edge.referenceId} ${edge.basis} ${nameOf(edge.executionId)}`,
    );

  it('are described by what is recorded: where, how large, which columns, and never a value', async () => {
    const [parsed] = await readModel.data.describe(ACME, ['parsed_1']);
    expect(parsed).toEqual({
      referenceId: 'parsed_1',
      referenceType: 'report',
      storageLocation: RENDERED,
      metadata: { ownerUserId: 'ada', sizeBytes: 7, columns: [{ name: 'id', type: 'integer' }] },
      executionId: made.parse,
      createdAt: '2026-05-04T10:00:04.000Z',
    });
    expect((await readModel.data.describe(ACME, ['report_1']))[0]).toMatchObject({
      storageLocation: `log:${made.silent}/8`,
      metadata: { sizeBytes: null, columns: [] },
    });
    const tables = ['data_entry', 'data_source'].map((table) => server.rows(`SELECT * FROM read_model.${table}`));
    expect(JSON.stringify(await Promise.all(tables))).not.toContain('a value');
  });

  it('are listed newest first, by type and by execution, which has all that it made, was given and named', async () => {
    expect(await list(ACME)).toEqual(['claim_1', 'report_1', 'parsed_1', RENDERED, 'file_1', STAGED].sort(byTime));
    expect(await list(ACME, { type: 'content' })).toEqual([RENDERED, STAGED]);
    expect((await list(ACME, { executionId: made.upload })).sort()).toEqual([STAGED, 'file_1']);
    expect((await list(ACME, { executionId: made.parse })).sort()).toEqual([STAGED, RENDERED, 'file_1', 'parsed_1']);
    expect((await list(ACME, { executionId: made.silent })).sort()).toEqual([RENDERED, 'parsed_1', 'report_1']);
    expect(await list(ACME, { executionId: made.parse, type: 'file' })).toEqual(['file_1']);
  });

  it('are paged without gap or repetition', async () => {
    for (const filter of [{}, { executionId: made.parse }]) {
      const seen: string[] = [];
      let after: ReferencePlace | null = null;
      do {
        const page = await readModel.data.list(ACME, filter, after, 1);
        seen.push(...page.references.map(({ referenceId }) => referenceId));
        after = page.next;
      } while (after !== null);
      expect(seen).toEqual(await list(ACME, filter));
    }
  });

  it('have a provenance in the order of time: registered, given, named as a source', async () => {
    expect(await history(ACME, STAGED)).toEqual([
      'created nobody',
      'given upload',
      'cited upload file_1',
      'derived_from upload file_1',
      'given parse',
    ]);
    expect(await history(ACME, 'file_1')).toEqual([
      `derived_from upload ${STAGED}`,
      `cited upload ${STAGED}`,
      'given parse',
      'cited parse parsed_1',
    ]);
  });

  it('tell where in the payload they stood, and by which decision they were given', async () => {
    const { entries } = await readModel.data.provenance(ACME, 'file_1', null, 200);
    const given = entries.find(({ operation }) => operation === 'given');
    expect(given?.metadata).toMatchObject({ decisionId: `dec of ${made.parse}`, pointers: ['/fileId', '/also/0'] });
  });

  it('behind an artifact that is given are given with it, from then on', async () => {
    const { entries } = await readModel.data.provenance(ACME, STAGED, null, 200);
    const given = entries.filter(({ operation }) => operation === 'given');
    expect(given.map(({ executionId, metadata }) => [nameOf(executionId), metadata.viaReferenceId])).toEqual([
      ['upload', null],
      ['parse', 'file_1'],
    ]);
    expect(await history(BOB, RENDERED)).toEqual(['given silent']);
    expect(await history(ACME, RENDERED)).toEqual(['derived_from parse parsed_1', 'given silent']);
  });

  it('have a provenance that is paged without gap or repetition', async () => {
    const seen: string[] = [];
    let after: ProvenancePlace | null = null;
    do {
      const page = await readModel.data.provenance(ACME, STAGED, after, 1);
      seen.push(...page.entries.map(({ entryId }) => entryId));
      after = page.next;
    } while (after !== null);
    const { entries } = await readModel.data.provenance(ACME, STAGED, null, 200);
    expect(seen).toEqual(entries.map(({ entryId }) => entryId));
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('are joined by what was named as a source, and where nothing was named by what was given', async () => {
    expect(await edges(ACME, 'upstream', 'parsed_1')).toEqual(['file_1 > parsed_1 cited parse']);
    expect(await edges(ACME, 'upstream', 'report_1')).toEqual(['parsed_1 > report_1 given silent']);
    expect(await edges(ACME, 'downstream', 'parsed_1')).toEqual(
      [
        `parsed_1 > claim_1 cited leaky`,
        `parsed_1 > ${RENDERED} cited parse`,
        'parsed_1 > report_1 given silent',
      ].sort(),
    );
    expect(await readModel.data.edges(ACME, ['parsed_1'], 'downstream', 1)).toHaveLength(1);
  });

  it('of another tenant are nowhere, whoever names them', async () => {
    expect(await list(GLOBEX)).toEqual(['secret_1']);
    expect(await readModel.data.describe(ACME, ['secret_1'])).toEqual([]);
    expect(await readModel.data.describe(GLOBEX, [STAGED, 'file_1', 'parsed_1', 'claim_1'])).toEqual([]);
    expect(await list(ACME, { executionId: made.foreign })).toEqual([]);
    expect(await list(GLOBEX, { executionId: made.leaky })).toEqual([]);
    expect((await list(ACME, { executionId: made.leaky })).sort()).toEqual(['claim_1', 'parsed_1']);
    expect(await edges(ACME, 'upstream', 'claim_1', 'secret_1')).toEqual(['parsed_1 > claim_1 cited leaky']);
    expect(await edges(GLOBEX, 'downstream', 'secret_1')).toEqual([]);
    expect(await history(GLOBEX, 'secret_1')).toEqual(['created foreign']);
    expect(await history(ACME, 'secret_1')).toEqual(['cited leaky claim_1']);
  });

  it('that are named and not there are counted, not named', async () => {
    const { entries } = await readModel.data.provenance(ACME, 'claim_1', null, 200);
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({ operation: 'derived_from', sourceReferenceIds: ['parsed_1'] });
    expect(entries[0]?.metadata.sourcesNotFound).toBe(3);
    expect(JSON.stringify(entries)).not.toMatch(/secret_1|nowhere_1/);
  });

  it('are narrowed to a user: their own, and what their executions were given', async () => {
    expect(await list(ADA)).toEqual([...(await list(ACME))].filter((one) => !/report|claim/.test(one)));
    expect(await list(BOB)).toEqual(['report_1']);
    expect((await list(BOB, { executionId: made.silent })).sort()).toEqual(['parsed_1', 'report_1']);
    expect(await list(BOB, { executionId: made.parse })).toEqual([]);
    const seen = await readModel.data.describe(BOB, ['report_1', 'parsed_1', 'file_1', STAGED]);
    expect(seen.map(({ referenceId }) => referenceId)).toEqual(['report_1', 'parsed_1']);
    expect(await history(BOB, 'parsed_1')).toEqual(['given silent']);
    expect(await edges(BOB, 'upstream', 'report_1', 'parsed_1')).toEqual(['parsed_1 > report_1 given silent']);
    expect(await edges(ADA, 'downstream', 'parsed_1')).toEqual([`parsed_1 > ${RENDERED} cited parse`]);
  });

  it('that a participant merely named give its user no standing', async () => {
    const eve = { tenantId: 'acme', userId: 'eve' };
    expect(await readModel.data.describe(eve, ['parsed_1'])).toEqual([]);
    expect(await list(eve, { executionId: made.leaky })).toEqual(['claim_1']);
    expect(await edges(eve, 'upstream', 'claim_1')).toEqual([]);
    const { entries } = await readModel.data.provenance(eve, 'claim_1', null, 10);
    expect(entries[0]?.metadata.sourcesNotFound).toBe(4);
  });

  it('registered again are updated, or somebody’s own first', async () => {
    const again = `content://${'3'.repeat(64)}`;
    for (const userId of ['ada', 'bob', 'ada']) {
      await log.stage('acme', userId, again);
      log.goOn(1_000);
    }
    await open.catchUp();
    expect(await history(ACME, again)).toEqual(['created nobody', 'updated nobody', 'updated nobody']);
    expect(await history(BOB, again)).toEqual(['created nobody']);
    const [seenByBob] = await readModel.data.describe(BOB, [again]);
    expect(seenByBob?.metadata.ownerUserId).toBe('bob');
    expect((await list(ACME)).filter((one) => one === again)).toHaveLength(1);
    const first = (await readModel.data.describe(ACME, [again]))[0];
    expect(Date.parse(seenByBob?.createdAt ?? '') - Date.parse(first?.createdAt ?? '')).toBe(1_000);
  });
});

/** Order of {@link list}, as the sample log makes it. */
const ORDER = ['claim_1', 'report_1', 'parsed_1', RENDERED, 'file_1', STAGED];
const byTime = (one: string, other: string): number => ORDER.indexOf(one) - ORDER.indexOf(other);
