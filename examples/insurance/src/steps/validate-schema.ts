import { artifactIdOf, StepFailure } from '@intendant/participant';
import { FREQUENCIES, PRODUCTS, STATUSES } from '../domain/canonical-mapping.js';
import { isDay } from '../domain/dates.js';
import type { LegacyPolicy } from '../domain/legacy-policy.js';
import { membersOf, named, recordOf, setNamed } from './members.js';
import { payloadOf, resultOf, type Step } from './step.js';
import { keepVerdict } from './validate-migration.js';

/** Columns without which there is nothing to map. */
const MUST_BE_READABLE: readonly [column: keyof LegacyPolicy, isReadable: (row: LegacyPolicy) => boolean][] = [
  ['product', ({ product }) => PRODUCTS.has(product)],
  ['status_code', ({ status_code }) => STATUSES.has(status_code)],
  ['effective_date', ({ effective_date }) => isDay(effective_date)],
  ['premium_cents', ({ premium_cents }) => premium_cents !== null],
  ['premium_frequency', ({ premium_frequency }) => FREQUENCIES.has(premium_frequency ?? '')],
];

/** Refuses an extraction with rows that the canonical schema cannot take; names rows and columns. */
export const validateSchema: Step = (call) => {
  const { setId } = payloadOf<{ setId: string }>(call);
  const { systems, context } = call;
  return call.effects.apply(setId, () => {
    setNamed(systems, setId);
    const rows = membersOf(systems, setId).map(recordOf);
    const faults = rows.flatMap((row) => {
      const columns = MUST_BE_READABLE.filter(([, isReadable]) => !isReadable(row)).map(([column]) => column);
      return columns.length === 0 ? [] : [{ policyId: row.policy_id, columns }];
    });
    if (faults.length > 0)
      throw new StepFailure('schema_invalid', `${faults.length} policies have columns that cannot be read`, {
        details: { ...named(faults.map(({ policyId }) => policyId)), first: faults[0] },
      });
    const finding = { policyCount: rows.length };
    keepVerdict(systems, context.idempotencyKey, setId, 'schema', finding);
    const artifactId = artifactIdOf('validation', context.executionId, context.stepId);
    return resultOf(
      { artifactId, resultType: 'schema_validation', semanticPayload: finding, parents: [setId] },
      'insurance.schema_validated',
    );
  });
};
