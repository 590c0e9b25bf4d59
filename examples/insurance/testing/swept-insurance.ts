import { type SagaUnderSweep, type SweptService, sweptSaga } from '@intendant/testkit';
import { legacyPolicies } from '../../data/insurance/make-policies.mjs';
import type { LegacyPolicy } from '../src/domain/legacy-policy.js';
import { InsuranceBench } from './insurance-bench.js';

const POLICIES = 24;
const rows = legacyPolicies({ count: POLICIES }) as LegacyPolicy[];

export const policyIds = rows.map((row) => row.policy_id);

/** The service over systems of its own, with its effects as the systems themselves keep them. */
function sweptInsurance(): SweptService {
  const bench = new InsuranceBench(rows);
  return {
    ...bench.service,
    effectsOf: (executionId) => {
      const rows = bench.systems.all<{ stepId: string; state: string }>(
        'SELECT step_id AS stepId, state FROM effects WHERE execution_id = ? ORDER BY rowid DESC',
        executionId,
      );
      // the first row of a step is that of the step itself, later ones are of its undo
      return Object.fromEntries(rows.map(({ stepId, state }) => [stepId, state === 'applied' ? 1 : 0]));
    },
    seen: () => bench.inspect().systemsDigest,
    faults: () => {
      const { withoutSingleOwner, migratedTwice } = bench.inspect();
      return [
        ...withoutSingleOwner.map((id) => `policy ${id} has no owner, or two`),
        ...migratedTwice.map((id) => `policy ${id} was migrated twice`),
      ];
    },
    close: () => bench.close(),
  };
}

export const sweptInsuranceSaga = (intentType: string, payload: SagaUnderSweep['payload']) =>
  sweptSaga({ name: intentType, services: () => [sweptInsurance()], intentType, payload });
