import { digestOf } from '@intendant/kernel';
import { artifactIdOf } from '@intendant/participant';
import { SCHEMA_VERSION } from '../domain/canonical-policy.js';
import { canonicalOf, membersOf, setNamed } from './members.js';
import { payloadOf, resultOf, type Step } from './step.js';

/** Keeps the canonical policies of an extraction, and renders them one a line. */
export const storeCanonicalPolicy: Step = async (call) => {
  const { setId } = payloadOf<{ setId: string }>(call);
  const { systems, context } = call;
  const known = call.effects.known();
  if (known !== null) return known;
  setNamed(systems, setId);
  // a mapped policy does not change, so what is rendered here is what is kept below
  const lines = membersOf(systems, setId).map((member) => JSON.stringify(canonicalOf(member)));
  const content = await context.content.write(`${lines.join('\n')}\n`);
  return call.effects.apply(setId, () => {
    const policyCount = systems.run(
      `INSERT INTO canonical_policies
       SELECT set_id, policy_id, ?, canonical, canonical_digest FROM members WHERE set_id = ?`,
      SCHEMA_VERSION,
      setId,
    );
    const semanticPayload = { schemaVersion: SCHEMA_VERSION, policyCount, digest: digestOf(lines) };
    const renderings = [{ mediaType: 'application/x-ndjson', content }];
    const artifactId = artifactIdOf('canonical', context.executionId);
    return resultOf(
      { artifactId, resultType: 'canonical_policies', semanticPayload, renderings, parents: [setId] },
      'insurance.canonical_policies_stored',
    );
  });
};

export const deleteCanonicalPolicy: Step = ({ systems, effects }) =>
  effects.undo(({ setId }) => {
    systems.run('DELETE FROM canonical_policies WHERE set_id = ?', setId);
  });
