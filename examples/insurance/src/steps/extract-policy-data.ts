import { artifactIdOf, StepFailure } from '@intendant/participant';
import type { LegacyPolicy } from '../domain/legacy-policy.js';
import { COLUMNS, keepMembers } from './ingest-legacy-data.js';
import { named } from './members.js';
import { payloadOf, resultOf, type Step } from './step.js';

/** Reads named policies out of the legacy system, whoever owns them now. */
export const extractPolicyData: Step = (call) => {
  const { policyIds } = payloadOf<{ policyIds: readonly string[] }>(call);
  const { systems, context } = call;
  const extractionId = artifactIdOf('extraction', context.executionId);
  return call.effects.apply(extractionId, () => {
    const rows = systems.all<LegacyPolicy>(
      `SELECT ${COLUMNS} FROM legacy.policies WHERE policy_id IN (SELECT value FROM json_each(?)) ORDER BY policy_id`,
      JSON.stringify(policyIds),
    );
    const found = new Set(rows.map(({ policy_id }) => policy_id));
    const absent = policyIds.filter((policyId) => !found.has(policyId));
    if (absent.length > 0)
      throw new StepFailure('policy_not_found', `the legacy system does not know ${absent[0]}`, {
        details: named(absent),
      });
    systems.run(
      `INSERT INTO ingested_sets (set_id, kind, execution_id) VALUES (?, 'extraction', ?)`,
      extractionId,
      context.executionId,
    );
    keepMembers(systems, extractionId, rows, 0);
    const semanticPayload = { policyCount: rows.length };
    return resultOf(
      { artifactId: extractionId, resultType: 'policy_extraction', semanticPayload },
      'insurance.policies_extracted',
    );
  });
};
