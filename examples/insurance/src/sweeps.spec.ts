import { sweepCrashes, sweepFailures, sweepLateResults, sweepLostReplies, sweepRepeats } from '@intendant/saga/testing';
import { describe, expect, it } from '@jest/globals';
import { policyIds, sweptInsuranceSaga } from '../testing/swept-insurance.js';

/** Every trial has SQLite files of its own. */
const SWEEP_MS = 120_000;
const wave = sweptInsuranceSaga('insurance.migrate_wave', { waveNumber: 1, size: 24 });
const mapping = sweptInsuranceSaga('insurance.map_policies', { policyIds: policyIds.slice(0, 4) });

describe.each([
  ['a wave', wave, { sweepFailures, sweepRepeats, sweepLostReplies, sweepLateResults, sweepCrashes }],
  ['a mapping of policies', mapping, { sweepFailures, sweepRepeats }],
])('%s', (_name, saga, sweeps) => {
  it.each(Object.entries(sweeps))(
    'keeps every rule: %s',
    async (_sweep, sweep) => {
      expect((await sweep(saga)).trials).toBeGreaterThan(5);
    },
    SWEEP_MS,
  );
});
