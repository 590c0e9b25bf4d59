import { artifactIdOf } from '@intendant/participant';
import { DEFAULT_GATES } from '../domain/gates.js';
import { MOVING_ROUTES } from '../domain/routing-rules.js';
import { refuseUnlessPassed } from './evaluate-routing.js';
import { membersOf, migratedWave } from './members.js';
import { payloadOf, resultOf, type Step } from './step.js';
import { dropVerdict, keepVerdict } from './validate-migration.js';

/** Holds what a wave wrote into the new system against the least score that is wanted of it. */
export const validateDataQuality: Step = (call) => {
  const { waveId, minScore = DEFAULT_GATES.dataQuality.minScore } = payloadOf<{ waveId: string; minScore?: number }>(
    call,
  );
  const { systems, context } = call;
  return call.effects.apply(waveId, () => {
    migratedWave(systems, waveId);
    const moved = membersOf(systems, waveId).filter(({ route }) => route !== null && MOVING_ROUTES.has(route));
    const policyIds = moved.filter(({ score }) => score < minScore).map(({ policy_id }) => policy_id);
    const passed = policyIds.length === 0;
    refuseUnlessPassed({ gate: 'data_quality', passed, policyIds, reason: `below ${minScore}` });
    const lowestScore = moved.length === 0 ? null : moved.reduce((lowest, { score }) => Math.min(lowest, score), 1);
    const finding = { policyCount: moved.length, minScore, lowestScore };
    keepVerdict(systems, context.idempotencyKey, waveId, 'quality', finding);
    const artifactId = artifactIdOf('quality', context.executionId);
    return resultOf(
      { artifactId, resultType: 'quality_validation', semanticPayload: finding, parents: [waveId] },
      'insurance.quality_validated',
    );
  });
};

/** Drops what a check found; nothing else came of it. Undoes every check that leaves nothing but its verdict. */
export const revertVerdict: Step = ({ systems, effects }) => effects.undo(({ key }) => void dropVerdict(systems, key));
