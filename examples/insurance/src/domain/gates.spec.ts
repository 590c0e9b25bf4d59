import { describe, expect, it } from '@jest/globals';
import { legacyPolicies } from '../../../data/insurance/make-policies.mjs';
import { mapToCanonical } from './canonical-mapping.js';
import { dataQualityScoreOf, defectsOf } from './data-quality.js';
import { DEFAULT_GATES, type GateSubject, judgeGates } from './gates.js';
import type { LegacyPolicy } from './legacy-policy.js';
import type { Route } from './routing-rules.js';

const clean = (legacyPolicies({ count: 50 }) as LegacyPolicy[]).find((row) => defectsOf(row).length === 0);
const READY = { accepting: true, capacity: 10 };

function subject(policyId: string, change: Partial<LegacyPolicy> = {}, route: Route = 'NewPlatformAPI'): GateSubject {
  const row = { ...(clean as LegacyPolicy), ...change, policy_id: policyId };
  const { canonical, confidence } = mapToCanonical(row);
  return { policyId, route, score: dataQualityScoreOf(row), confidence, canonical };
}
const stopped = (subjects: readonly GateSubject[], settings = DEFAULT_GATES, target = READY) =>
  judgeGates(subjects, settings, target)
    .filter(({ passed }) => !passed)
    .map(({ gate, policyIds }) => [gate, ...policyIds]);

describe('the gates of a wave', () => {
  it('pass what is clean', () => {
    expect(stopped([subject('A1'), subject('D1', {}, 'CoexistenceBridge')])).toEqual([]);
  });

  it.each<[string, Partial<LegacyPolicy>, string]>([
    ['a low score', { holder_name: null, agent_id: null }, 'data_quality'],
    ['a required field that is missing', { status_code: '?' }, 'completeness'],
    ['dates out of order', { expiration_date: '1990-01-01' }, 'validation'],
    ['no premium', { premium_cents: 0 }, 'validation'],
    ['no limit', { coverage_limit_cents: 0 }, 'validation'],
    [
      'columns that could not be read',
      { agent_id: null, carrier: null, holder_birth_date: 'x', premium_frequency: 'x' },
      'mapping_confidence',
    ],
  ])('stop %s, by name', (_what, change, gate) => {
    expect(stopped([subject('A1'), subject('A2', change)])).toContainEqual([gate, 'A2']);
  });

  it('are none of the business of what stays in the legacy system', () => {
    const dirty = { holder_name: null, premium_cents: null, effective_date: null };
    expect(stopped([subject('D1', dirty, 'LegacyBatch'), subject('D2', dirty, 'DataQualityQueue')])).toEqual([]);
  });

  it('ask the new system whether it is ready, and for how many', () => {
    const three = ['A1', 'A2', 'A3'].map((policyId) => subject(policyId));
    expect(stopped(three, DEFAULT_GATES, { accepting: true, capacity: 2 })).toEqual([['target_readiness', 'A3']]);
    expect(stopped(three, DEFAULT_GATES, { accepting: false, capacity: 9 })).toEqual([
      ['target_readiness', 'A1', 'A2', 'A3'],
    ]);
  });
});
