import { createTestDatabase, hasServer, type TestDatabase } from '@intendant/nest-kit/testing/database';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { plainFold } from '../test/plain-fold.js';
import { type WithRows, withRows } from '../test/read-model-database.js';
import { type OpenProjector, openProjector } from './testing/open-projector.js';
import { SampleLog } from './testing/sample-log.js';

const TENANTS = ['acme', 'globex'] as const;
const TYPES = ['content.upload', 'insights.analyse'] as const;
/** What may happen to an execution next, by what it waits for. */
const MOVES = ['complete', 'fail', 'wait', 'wake', 'getStuck', 'proposeContract'] as const;

type Move =
  | { readonly kind: 'accept'; readonly tenant: number; readonly type: number }
  | { readonly kind: 'move'; readonly which: number; readonly move: (typeof MOVES)[number] }
  | { readonly kind: 'elsewhere'; readonly tenant: number; readonly what: 'refuse' | 'replay' | 'session' }
  | { readonly kind: 'clock'; readonly ms: number }
  | { readonly kind: 'project' | 'restart' | 'rebuild' };

const anyTenant = fc.integer({ min: 0, max: 1 });
const anyMove: fc.Arbitrary<Move> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('accept' as const), tenant: anyTenant, type: anyTenant }) },
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant('move' as const), which: fc.nat(50), move: fc.constantFrom(...MOVES) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('elsewhere' as const),
      tenant: anyTenant,
      what: fc.constantFrom('refuse' as const, 'replay' as const, 'session' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('clock' as const), ms: fc.integer({ min: -50, max: 1_000 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('project' as const, 'restart' as const, 'rebuild' as const) }),
  },
);

(hasServer ? describe : describe.skip)('the projection', () => {
  let server: WithRows<TestDatabase>;
  beforeAll(async () => {
    server = withRows(await createTestDatabase('read_model'));
  });
  afterAll(() => server.drop());

  it('is the fold of the log, however it was batched, interrupted and rebuilt', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyMove, { maxLength: 40 }), async (moves) => {
        await server.query('DROP SCHEMA IF EXISTS read_model CASCADE');
        const log = new SampleLog();
        let open = await openProjector(server.url, log);
        try {
          const unsettled: string[] = [];
          for (const move of moves) {
            if (move.kind === 'restart') {
              await open.close();
              open = await openProjector(server.url, log);
            } else await perform(move, log, open, unsettled);
          }
          await open.catchUp();
          const { executions, entries } = plainFold(await log.all());
          expect(await projectedExecutions(server)).toEqual(sorted(executions, 'executionId'));
          expect(await projectedEntries(server)).toEqual(entries);
        } finally {
          await open.close();
        }
      }),
      { numRuns: 40 },
    );
  });
});

async function perform(move: Move, log: SampleLog, { projector }: OpenProjector, unsettled: string[]): Promise<void> {
  if (move.kind === 'clock') log.goOn(move.ms);
  else if (move.kind === 'project') await projector.applyNext();
  else if (move.kind === 'rebuild') await projector.rebuild();
  else if (move.kind === 'elsewhere') await elsewhere(move.what, TENANTS[move.tenant] as string, log);
  else if (move.kind === 'accept') {
    const tenantId = TENANTS[move.tenant] as string;
    const sessionId = await log.openSession(tenantId, 'ada');
    unsettled.push(await log.accept({ tenantId, userId: 'ada', sessionId, intentType: TYPES[move.type] as string }));
  } else if (move.kind === 'move' && unsettled.length > 0) {
    const [executionId] = unsettled.splice(move.which % unsettled.length, 1) as [string];
    if (move.move === 'fail') await log.fail(executionId, 'handler_failed');
    else await log[move.move](executionId);
    if (move.move === 'wait' || move.move === 'wake' || move.move === 'proposeContract') unsettled.push(executionId);
  }
}

async function elsewhere(what: 'refuse' | 'replay' | 'session', tenantId: string, log: SampleLog): Promise<void> {
  if (what === 'refuse') await log.refuse(tenantId, 'rate_limited');
  else if (what === 'replay') await log.requestReplay(tenantId);
  else await log.openSession(tenantId, 'bob');
}

const sorted = (rows: Record<string, unknown>[], key: string) =>
  [...rows].sort((one, other) => (String(one[key]) < String(other[key]) ? -1 : 1));

async function projectedExecutions(server: WithRows<TestDatabase>) {
  const rows = await server.rows('SELECT * FROM read_model.execution');
  return sorted(rows.map(inCamelCase), 'executionId');
}

async function projectedEntries(server: WithRows<TestDatabase>) {
  const rows = await server.rows('SELECT * FROM read_model.log_entry ORDER BY partition, position');
  return rows.map(({ notable: _notable, ...row }) => {
    const entry = inCamelCase(row);
    return { ...entry, position: Number(entry.position), recordTypes: [...(entry.recordTypes as string[])].sort() };
  });
}

const inCamelCase = (row: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase()),
      value instanceof Date ? value.toISOString() : value,
    ]),
  );
