import { digestOf } from '@intendant/kernel';
import { artifactIdOf } from '@intendant/participant';
import { mapToCanonical as mapRow } from '../domain/canonical-mapping.js';
import { SCHEMA_VERSION } from '../domain/canonical-policy.js';
import { membersOf, recordOf, setNamed } from './members.js';
import { payloadOf, resultOf, type Step } from './step.js';

/** Maps every policy of a wave or an extraction to the canonical policy. */
export const mapToCanonical: Step = (call) => {
  const { setId } = payloadOf<{ setId: string }>(call);
  const { systems, context } = call;
  return call.effects.apply(setId, () => {
    setNamed(systems, setId);
    const members = membersOf(systems, setId);
    let lowest = 1;
    for (const member of members) {
      const { canonical, confidence } = mapRow(recordOf(member));
      lowest = Math.min(lowest, confidence);
      systems.run(
        'UPDATE members SET canonical = ?, canonical_digest = ?, confidence = ? WHERE set_id = ? AND policy_id = ?',
        JSON.stringify(canonical),
        digestOf(canonical),
        confidence,
        setId,
        member.policy_id,
      );
    }
    const mapped = { schemaVersion: SCHEMA_VERSION, policyCount: members.length, lowestConfidence: lowest };
    const artifactId = artifactIdOf('mapping', context.executionId);
    return resultOf(
      { artifactId, resultType: 'canonical_mapping', semanticPayload: mapped, parents: [setId] },
      'insurance.policies_mapped',
    );
  });
};

export const revertCanonicalMapping: Step = ({ systems, effects }) =>
  effects.undo(({ setId }) => {
    systems.run(
      'UPDATE members SET canonical = NULL, canonical_digest = NULL, confidence = NULL WHERE set_id = ?',
      setId,
    );
  });
