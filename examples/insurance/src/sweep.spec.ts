import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sweepCrashes, sweepFailures, sweepLateResults, sweepLostReplies, sweepRepeats } from '@intendant/saga/testing';
import { type SagaUnderSweep, SagaWorld, type SweptService, sweptSaga } from '@intendant/testkit';
import { SAMPLE_IDS } from '@intendant/wal/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { legacyPolicies } from '../../data/insurance/make-policies.mjs';
import { insertLegacy } from '../testing/insurance-bench.js';
import { type LegacyPolicy, openInsurance } from './index.js';

const { tenantId } = SAMPLE_IDS;
const rows = legacyPolicies({ count: 12 }) as LegacyPolicy[];

const WAVE = { waveNumber: 1, size: 100 };
const newDirectory = (): string => mkdtempSync(join(tmpdir(), 'insurance-sweep-'));

/** As it is before anything ran, and after a wave was migrated: large enough to have something of everything. */
const fresh = newDirectory();
const migrated = newDirectory();
const wave = { waveId: '' };

beforeAll(async () => {
  const opened = openInsurance(fresh);
  const systems = opened.systemsOf(tenantId);
  systems.transaction(() => {
    for (const row of rows) insertLegacy(systems, row);
  });
  opened.close();
  cpSync(fresh, migrated, { recursive: true });
  const moving = openInsurance(migrated);
  const world = new SagaWorld([moving]);
  await world.start();
  await world.submit('insurance.migrate_wave', WAVE, `exe_${'ab'.repeat(16)}`);
  await world.untilSettled(`exe_${'ab'.repeat(16)}`);
  wave.waveId = moving.inspect(tenantId).waves[0]?.waveId ?? '';
  moving.close();
});
afterAll(() => {
  for (const directory of [fresh, migrated]) rmSync(directory, { recursive: true });
});

/** The service over a copy of databases, for one trial. */
function insurance(state: string): SweptService {
  const directory = newDirectory();
  cpSync(state, directory, { recursive: true });
  const opened = openInsurance(directory);
  return {
    ...opened,
    seen: () => opened.inspect(tenantId).systemsDigest,
    faults: () => {
      const { withoutSingleOwner, migratedTwice } = opened.inspect(tenantId);
      return [
        ...withoutSingleOwner.map((policyId) => `${policyId} has no single owner`),
        ...migratedTwice.map((policyId) => `${policyId} was migrated twice`),
      ];
    },
    close: () => {
      opened.close();
      rmSync(directory, { recursive: true });
    },
  };
}

const saga = (intentType: string, payload: SagaUnderSweep['payload'], state: string): SagaUnderSweep => ({
  name: intentType,
  intentType,
  payload,
  services: () => [insurance(state)],
});

const SAGAS = [
  saga('insurance.migrate_wave', WAVE, fresh),
  saga('insurance.map_policies', { policyIds: rows.slice(0, 3).map((row) => row.policy_id) }, fresh),
  // the id is known once the wave has been migrated
  saga('insurance.validate_wave', wave, migrated),
];
const SWEEPS = { sweepFailures, sweepRepeats, sweepLostReplies, sweepLateResults, sweepCrashes };

describe.each(SAGAS.map((one) => [one.name, one] as const))('%s', (_name, one) => {
  it.each(Object.entries(SWEEPS))('keeps every rule: %s', async (_sweep, sweep) => {
    const { trials } = await sweep(sweptSaga(one));
    expect(trials).toBeGreaterThan(2);
  });
});
