import { followLineage, LineageWalk } from '@intendant/data-brain';
import type { LineageDirection } from '@intendant/intent-model';
import { createTestDatabase, hasServer, type TestDatabase } from '@intendant/nest-kit/testing/database';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { DataScope } from './data-index.js';
import { PostgresReadModel } from './postgres-read-model.js';
import { openProjector } from './testing/open-projector.js';
import { type SampleArtifact, SampleLog } from './testing/sample-log.js';

const TENANTS = ['acme', 'globex'] as const;
const USERS = ['ada', 'bob'] as const;
/** The same in every tenant: an id that leaks is an id that is used. */
const CONTENTS = [`content://${'1'.repeat(64)}`, `content://${'2'.repeat(64)}`] as const;
const ARTIFACTS = ['art_0', 'art_1', 'art_2', 'art_3'] as const;
const REFERENCES = [...ARTIFACTS, ...CONTENTS] as const;
const BOUNDS = { depth: 10, nodesMax: 100, edgesMax: 500 };

/** One execution: who ran it, what it was given, and what it made of what. */
interface Run {
  readonly tenant: number;
  readonly user: number;
  readonly given: readonly string[];
  readonly made: readonly SampleArtifact[];
}

const anyReferences = (maxLength: number) => fc.subarray([...REFERENCES], { maxLength });
const anyArtifact: fc.Arbitrary<SampleArtifact> = fc.record({
  artifactId: fc.constantFrom(...ARTIFACTS),
  parents: anyReferences(3),
  content: fc.option(fc.constantFrom(...CONTENTS), { nil: undefined }),
});
const anyRun: fc.Arbitrary<Run> = fc.record({
  tenant: fc.nat(TENANTS.length - 1),
  user: fc.nat(USERS.length - 1),
  given: anyReferences(2),
  made: fc.uniqueArray(anyArtifact, { maxLength: 2, selector: ({ artifactId }) => artifactId }),
});

/** A log in which these run one after the other, at the same times whether others run or not. */
async function logOf(runs: readonly Run[], runsHere: (run: Run) => boolean): Promise<SampleLog> {
  const log = new SampleLog();
  for (const run of runs) {
    log.goOn(10);
    if (!runsHere(run)) continue;
    const tenantId = TENANTS[run.tenant] as string;
    const userId = USERS[run.user] as string;
    const sessionId = `ses_${'0'.repeat(32)}`;
    const { given, made } = run;
    const executionId = await log.accept({ tenantId, userId, sessionId, intentType: 'content.parse', given });
    log.goOn(1);
    await log.complete(executionId, ...made);
    log.goOn(-1);
  }
  return log;
}

(hasServer ? describe : describe.skip)('references of several tenants in one log', () => {
  let server: TestDatabase;
  let readModel: PostgresReadModel;
  beforeAll(async () => {
    server = await createTestDatabase('read_model');
    readModel = new PostgresReadModel(server.url);
  });
  afterAll(async () => {
    await readModel.close();
    await server.drop();
  });

  /** Everything that can be asked within a scope, without ids that differ from log to log. */
  async function everythingIn(scope: DataScope): Promise<unknown> {
    const { data } = readModel;
    const lineage = async (start: string, direction: LineageDirection) => {
      const walk = new LineageWalk([start], direction, BOUNDS);
      await followLineage(walk, (references, limit) => data.edges(scope, references, direction, limit));
      const edges = walk.edges.map(({ sourceReferenceId, referenceId, basis }) => [
        sourceReferenceId,
        referenceId,
        basis,
      ]);
      return { nodes: walk.nodes, edges: edges.map(String).sort(), truncatedBy: walk.truncatedBy };
    };
    const page = await data.list(scope, {}, null, 200);
    return {
      list: page.references.map(({ referenceId, createdAt, metadata }) => [referenceId, createdAt, metadata]),
      each: await Promise.all(
        REFERENCES.map(async (reference) => ({
          described: (await data.describe(scope, [reference])).map(({ createdAt, metadata }) => [createdAt, metadata]),
          provenance: (await data.provenance(scope, reference, null, 200)).entries.map(
            ({ operation, sourceReferenceIds, metadata: { decisionId: _id, ...rest }, createdAt }) =>
              [operation, sourceReferenceIds, rest, createdAt] as const,
          ),
          upstream: await lineage(reference, 'upstream'),
          downstream: await lineage(reference, 'downstream'),
        })),
      ),
    };
  }

  async function told(runs: readonly Run[], runsHere: (run: Run) => boolean, scopes: readonly DataScope[]) {
    const open = await openProjector(server.url, await logOf(runs, runsHere));
    try {
      await open.projector.rebuild();
      await open.catchUp();
      return await Promise.all(scopes.map(everythingIn));
    } finally {
      await open.close();
    }
  }

  it('are to each tenant, and to each of its users, what they would be if it were alone', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyRun, { minLength: 1, maxLength: 12 }), async (runs) => {
        for (const [tenant, tenantId] of TENANTS.entries()) {
          const scopes = [null, ...USERS].map((userId) => ({ tenantId, userId }));
          const together = await told(runs, () => true, scopes);
          expect(together).toEqual(await told(runs, (run) => run.tenant === tenant, scopes));
        }
      }),
      { numRuns: 8 },
    );
  });

  it('are to a user, but for what the tenant’s others registered, what they would be without them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyRun, { minLength: 1, maxLength: 10 }), async (given) => {
        // Nobody is given what others made: then nothing that others do may show.
        const runs = given.map((run) => ({ ...run, tenant: 0, given: [] }));
        for (const [user, userId] of USERS.entries()) {
          const scopes = [{ tenantId: TENANTS[0], userId }];
          const among = await told(runs, () => true, scopes);
          expect(among).toEqual(await told(runs, (run) => run.user === user, scopes));
        }
      }),
      { numRuns: 8 },
    );
  });
});
