import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Faults, NO_FAULTS, SagaWorld } from '@intendant/testkit';
import { SAMPLE_IDS } from '@intendant/wal/testing';
import { afterEach, describe, expect, it } from '@jest/globals';
import { legacyPolicies } from '../../data/insurance/make-policies.mjs';
import { insertLegacy } from '../testing/insurance-bench.js';
import { type LegacyPolicy, type OpenInsurance, openInsurance } from './index.js';

const { executionId, tenantId } = SAMPLE_IDS;
const WAVE = { waveNumber: 1, size: 100 };
const rows = legacyPolicies({ count: 60 }) as LegacyPolicy[];
const culprit = rows.findLast((row) => row.policy_id > 'D' && row.payment_plan === 'invoice' && row.holder_name);

let directory: string;
let insurance: OpenInsurance;
let before: string;

/** A Runtime in memory over the service's own databases; if asked, one policy is beyond every limit of the new system. */
function worldOf(fails: boolean): SagaWorld {
  directory = mkdtempSync(join(tmpdir(), 'insurance-'));
  insurance = openInsurance(directory);
  const systems = insurance.systemsOf(tenantId);
  systems.transaction(() => {
    for (const row of rows)
      insertLegacy(systems, fails && row === culprit ? { ...row, coverage_limit_cents: 2_000_000_000 } : row);
  });
  before = insurance.inspect(tenantId).systemsDigest;
  return new SagaWorld([insurance]);
}

afterEach(() => {
  insurance.close();
  rmSync(directory, { recursive: true });
});

/** The process dies at its n-th append, on that side of the sync, and another one goes on. */
async function ended(fails: boolean, n: number, fate: ReturnType<Faults['onAppend']>): Promise<string> {
  const world = worldOf(fails);
  world.faults = { ...NO_FAULTS, onAppend: (append) => (append === n ? fate : 'durable') };
  await world.start();
  void world.submit('insurance.migrate_wave', WAVE);
  await world.quiet();
  expect(world.process.dead).toBe(true);
  world.faults = NO_FAULTS;
  await world.crash();
  if ((await world.process.supervisor.read(executionId)) === undefined)
    await world.submit('insurance.migrate_wave', WAVE);
  return (await world.untilSettled()).status;
}

const FATES = ['dies_before', 'dies_after'] as const;
const crashes = (appends: number) =>
  Array.from({ length: appends }, (_, at) => at + 1).flatMap((n) => FATES.map((fate) => [n, fate] as const));

describe('a Runtime that dies', () => {
  // the acceptance and one for each of six steps
  it.each(crashes(7))('at append %i, and %s: the wave completes, every policy moved once', async (n, fate) => {
    expect(await ended(false, n, fate)).toBe('completed');
    const { tracked, ...seen } = insurance.inspect(tenantId);
    expect(seen).toMatchObject({ withoutSingleOwner: [], migratedTwice: [] });
    expect(Object.keys(tracked).every((place) => place.endsWith('validated'))).toBe(true);
  });

  // the acceptance, five outcomes, five undos
  it.each(crashes(11))('at append %i of a wave that fails, and %s: all is as before', async (n, fate) => {
    expect(await ended(true, n, fate)).toBe('compensated');
    expect(insurance.inspect(tenantId)).toMatchObject({
      systemsDigest: before,
      withoutSingleOwner: [],
      migratedTwice: [],
    });
  });
});
