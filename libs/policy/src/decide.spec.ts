import { PolicyDecision, type PolicyQuestion } from '@intendant/intent-model';
import { describe, expect, it } from '@jest/globals';
import {
  sampleContract,
  samplePolicy,
  samplePorts,
  sampleQuestion,
  sampleReference,
  sampleSession,
} from '../test/samples.js';
import { EXPLANATIONS } from './explanations.js';
import { decide, deny } from './index.js';

const ORDER = [
  'traffic_cop/session',
  'traffic_cop/rate',
  'security_guard/authentication',
  'security_guard/authorization',
  'city_manager/tenant',
  'city_manager/isolation',
  'city_manager/enabled',
  'city_manager/limits',
  'city_manager/approval',
  'data_steward/references',
  'data_steward/boundary',
];

type Policy = Parameters<typeof decide>[1];
interface DenialCase {
  readonly name: string;
  readonly code: string;
  /** Step that denies; null when no step is reached. */
  readonly at: string | null;
  readonly question?: Partial<PolicyQuestion>;
  readonly policy?: () => Promise<Policy> | Policy;
  readonly ports?: Parameters<typeof samplePorts>[0];
}

const ann = sampleQuestion().principal;
const foreign = sampleContract({ tenantId: 't_two' });
const rates = [{ id: 'slow', action: '*', per: 'user' as const, capacity: 1, refillPerSecond: 1 }];

const DENIALS: DenialCase[] = [
  { name: 'no session', code: 'session_invalid', at: 'traffic_cop/session', question: { session: null } },
  {
    name: 'closed session',
    code: 'session_invalid',
    at: 'traffic_cop/session',
    question: { session: sampleSession({ status: 'closed' }) },
  },
  {
    name: 'foreign session',
    code: 'session_invalid',
    at: 'traffic_cop/session',
    question: { session: sampleSession({ tenantId: 't_two' }) },
  },
  {
    name: 'another’s session',
    code: 'session_invalid',
    at: 'traffic_cop/session',
    question: { session: sampleSession({ userId: 'bob' }) },
  },
  {
    name: 'empty bucket',
    code: 'rate_limited',
    at: 'traffic_cop/rate',
    policy: () => samplePolicy({ rates }),
    ports: { takeTokens: () => ({ rateId: 'slow', retryAfterMs: 700 }) },
  },
  {
    name: 'incomplete principal',
    code: 'unauthenticated',
    at: 'security_guard/authentication',
    question: { principal: { ...ann, userId: '' }, session: sampleSession({ userId: '' }) },
  },
  {
    name: 'policy of another tenant',
    code: 'tenant_mismatch',
    at: 'security_guard/authentication',
    policy: () => samplePolicy({ tenantId: 't_two' }),
  },
  {
    name: 'no matching rule',
    code: 'action_not_permitted',
    at: 'security_guard/authorization',
    question: { action: 'journey.run', realm: 'journey' },
  },
  {
    name: 'no roles',
    code: 'action_not_permitted',
    at: 'security_guard/authorization',
    question: { principal: { ...ann, roles: [] } },
  },
  {
    name: 'unknown role',
    code: 'action_not_permitted',
    at: 'security_guard/authorization',
    question: { principal: { ...ann, roles: ['root'] } },
  },
  {
    name: 'no action at all',
    code: 'action_not_permitted',
    at: 'security_guard/authorization',
    question: { action: 'content/../x' },
  },
  {
    name: 'unlisted operation of the platform',
    code: 'action_not_permitted',
    at: 'security_guard/authorization',
    question: { action: 'session.steal', realm: 'platform' },
  },
  {
    name: 'deny beats allow',
    code: 'action_not_permitted',
    at: 'security_guard/authorization',
    question: { action: 'content.delete', principal: { ...ann, roles: ['analyst', 'intern'] } },
  },
  {
    name: 'suspended tenant',
    code: 'tenant_suspended',
    at: 'city_manager/tenant',
    policy: () => samplePolicy({ tenantState: 'suspended' }),
  },
  {
    name: 'contract of another tenant',
    code: 'cross_tenant_denied',
    at: 'city_manager/isolation',
    question: { boundary: { phase: 'activate', contract: foreign } },
  },
  {
    name: 'inactive realm',
    code: 'realm_inactive',
    at: 'city_manager/enabled',
    question: { action: 'insights.analyze', realm: 'insights' },
  },
  {
    name: 'disabled intent',
    code: 'intent_not_enabled',
    at: 'city_manager/enabled',
    question: { action: 'content.archive' },
  },
  {
    name: 'other mode',
    code: 'mode_not_allowed',
    at: 'city_manager/limits',
    question: { principal: { ...ann, mode: 'bulk' } },
  },
  {
    name: 'missing reference',
    code: 'data_access_denied',
    at: 'data_steward/references',
    question: { references: [sampleReference({ found: false })] },
  },
  {
    name: 'another’s reference',
    code: 'data_access_denied',
    at: 'data_steward/references',
    question: { references: [sampleReference({ ownerUserId: 'bob' })] },
  },
  {
    name: 'own reference of a denied class',
    code: 'data_access_denied',
    at: 'data_steward/references',
    question: { references: [sampleReference(), sampleReference({ resourceClass: 'secret' })] },
  },
  {
    name: 'source without a rule',
    code: 'boundary_contract_refused',
    at: 'data_steward/boundary',
    question: {
      boundary: { phase: 'propose', contractId: foreign.contractId, sourceType: 'api', sourceIdentifier: 'x' },
    },
  },
  {
    name: 'denied source',
    code: 'boundary_contract_refused',
    at: 'data_steward/boundary',
    question: {
      boundary: { phase: 'propose', contractId: foreign.contractId, sourceType: 'stream', sourceIdentifier: 'x' },
    },
  },
  {
    name: 'no contract',
    code: 'materialization_denied',
    at: 'data_steward/boundary',
    question: { boundary: { phase: 'activate', contract: null } },
  },
  ...(['revoked', 'expired'] as const).map((status) => ({
    name: `${status} contract`,
    code: 'materialization_denied',
    at: 'data_steward/boundary',
    question: { boundary: { phase: 'activate' as const, contract: sampleContract({ status }) } },
  })),
  {
    name: 'lapsed contract',
    code: 'materialization_denied',
    at: 'data_steward/boundary',
    question: { boundary: { phase: 'activate', contract: sampleContract({ expiresAt: '2026-05-04T10:00:00.000Z' }) } },
  },
  {
    name: 'another’s contract',
    code: 'materialization_denied',
    at: 'data_steward/boundary',
    question: { boundary: { phase: 'activate', contract: sampleContract({ userId: 'bob' }) } },
  },
  { name: 'no policy', code: 'policy_missing', at: null, policy: () => null },
  {
    name: 'broken policy',
    code: 'policy_evaluation_failed',
    at: null,
    policy: () => ({ state: 'broken', tenantId: 't_one', revision: 3, digest: 'cd'.repeat(32) }),
  },
  {
    name: 'rules that throw',
    code: 'policy_evaluation_failed',
    at: 'security_guard/authorization',
    policy: async () => {
      const explode = (): never => {
        throw new Error('a rule of t_one is broken');
      };
      return { ...(await samplePolicy()), judge: { action: explode, data: explode } };
    },
  },
];

describe('decide', () => {
  it('lets a suspended tenant publish the policy that ends its suspension, and nothing else', async () => {
    const policy = await samplePolicy({
      tenantState: 'suspended',
      rules: [{ id: 'publish', role: 'analyst', action: 'policy.*', realm: 'platform', effect: 'allow' }],
    });
    const outcomeOf = (action: string) => {
      const operation = sampleQuestion({
        action,
        realm: 'platform',
        session: null,
        sessionRequired: false,
        references: [],
      });
      return decide(operation, policy, samplePorts());
    };
    expect(outcomeOf('policy.publish')).toMatchObject({ effect: 'allow' });
    expect(outcomeOf('policy.read')).toMatchObject({ effect: 'deny', code: 'tenant_suspended' });
  });

  it.each(DENIALS)('$name → $code', async ({ code, at, question, policy, ports }) => {
    const decision = decide(sampleQuestion(question), await (policy ?? samplePolicy)(), samplePorts(ports));
    PolicyDecision.parse(decision);
    expect(decision).toMatchObject({
      code,
      effect: 'deny',
      obligations: null,
    });
    expect(decision.steps.map((step) => `${step.role}/${step.check}`)).toEqual(ORDER);
    const index = at === null ? -1 : ORDER.indexOf(at);
    decision.steps.forEach((step, place) => {
      if (place > index) expect(step).toMatchObject({ outcome: 'not_reached', code: null, ruleIds: [] });
      else if (place === index) expect(step).toMatchObject({ outcome: 'denied', code });
      else expect(['passed', 'not_applicable']).toContain(step.outcome);
    });
    expect(`${decision.reason} ${decision.remedy}`).not.toMatch(
      /t_two|bob|intern-no-delete|no-secrets|no-streams|t_one/,
    );
  });

  it('reaches every code that can be explained', () => {
    const reached = new Set([...DENIALS.map(({ code }) => code), 'policy_unavailable']);
    expect([...reached].sort()).toEqual(Object.keys(EXPLANATIONS).sort());
  });

  it('asks for an approval of what it would allow, under the same obligations, and of nothing else', async () => {
    const policy = await samplePolicy();
    const purge = sampleQuestion({ action: 'content.purge' });
    const decision = decide(purge, policy, samplePorts());
    PolicyDecision.parse(decision);
    const allowed = decide(sampleQuestion(), policy, samplePorts());
    expect(decision).toMatchObject({ effect: 'require_approval', code: 'approval_required' });
    expect(decision.reason).not.toBeNull();
    expect(decision.obligations).toEqual({ ...allowed.obligations, approval: { timeoutSeconds: 3_600 } });
    expect(Object.keys(decision.obligations ?? {})).toEqual(Object.keys(decision.obligations ?? {}).sort());
    const step = decision.steps.find(({ check }) => check === 'approval');
    expect(step).toMatchObject({ outcome: 'approval_required', ruleIds: ['approve-purge'] });
    expect(decision.steps.map(({ outcome }) => outcome)).not.toContain('not_reached');
    const forbidden = { action: 'content.purge', references: [sampleReference({ found: false })] };
    expect(decide(sampleQuestion(forbidden), policy, samplePorts())).toMatchObject({
      effect: 'deny',
      obligations: null,
    });
  });

  it('answers out-of-date policies without a step', async () => {
    const decision = deny(sampleQuestion(), 'policy_unavailable', await samplePolicy(), samplePorts());
    expect(decision).toMatchObject({ effect: 'deny', code: 'policy_unavailable', policyRevision: 1 });
    expect(decision.steps.every(({ outcome }) => outcome === 'not_reached')).toBe(true);
  });

  it('allows with rule ids, obligations, revision and digests', async () => {
    const policy = await samplePolicy();
    const question = sampleQuestion({
      requestedExecutionMs: 60_000,
      references: [
        sampleReference(),
        sampleReference({ reference: 'cnt_2', ownerUserId: 'bob', grantedTo: ['user:ann'] }),
      ],
    });
    const decision = PolicyDecision.parse(decide(question, policy, samplePorts()));
    expect(decision).toMatchObject({
      effect: 'allow',
      code: null,
      tenantId: 't_one',
      policyRevision: 1,
      policyDigest: policy.digest,
      inputDigest: question.inputDigest,
      decidedBy: 'smart-city/test',
      decidedAt: '2026-05-04T10:00:00.000Z',
      obligations: {
        executionMsMax: 10_000,
        allowedReferences: ['cnt_1', 'cnt_2'],
        boundaryContract: null,
        artifactPersistence: { default: 'persist', byResultType: { preview: 'discard' } },
      },
    });
    expect(decision.steps[3]?.ruleIds).toEqual(['analyst-content']);
    expect(decision.steps[9]?.ruleIds).toEqual(['builtin:owner', 'builtin:granted']);
  });

  it('follows inherited roles, over more than one link', async () => {
    const policy = await samplePolicy();
    const asLead = { principal: { ...ann, roles: ['lead'] } };
    expect(decide(sampleQuestion(asLead), policy, samplePorts()).effect).toBe('allow');
    const open = { ...asLead, action: 'session.open', realm: 'platform', session: null, sessionRequired: false };
    const opened = decide(sampleQuestion(open), policy, samplePorts());
    expect(opened.effect).toBe('allow');
    expect(opened.steps.map(({ outcome }) => outcome).filter((outcome) => outcome === 'not_applicable')).toHaveLength(
      6,
    );
  });

  it('gives a deny to whoever inherits it', async () => {
    const roles = [
      { name: 'intern', inherits: [] },
      { name: 'analyst', inherits: ['intern'] },
    ];
    const rules = [
      { id: 'may', role: 'analyst', action: 'content.*', realm: 'content', effect: 'allow' as const },
      { id: 'may-not', role: 'intern', action: 'content.delete', realm: '*', effect: 'deny' as const },
    ];
    const policy = await samplePolicy({ roles, rules, data: { ownership: ['owner'], rules: [] } });
    const decision = decide(sampleQuestion({ action: 'content.delete' }), policy, samplePorts());
    expect(decision.steps[3]).toMatchObject({ outcome: 'denied', ruleIds: ['may-not'] });
  });

  it('tells the port about an evaluation error, and leaves other tenants alone', async () => {
    const broken = await samplePolicy();
    const explode = (): never => {
      throw new Error('boom');
    };
    const told: string[] = [];
    const ports = samplePorts({
      onEvaluationError: (tenantId, error) => void told.push(`${tenantId}: ${String(error)}`),
    });
    decide(sampleQuestion(), { ...broken, judge: { action: explode, data: explode } }, ports);
    expect(told).toEqual(['t_one: Error: boom']);
    const other = await samplePolicy({ tenantId: 't_two' });
    const session = sampleSession({ tenantId: 't_two' });
    const asked = sampleQuestion({ principal: { ...ann, tenantId: 't_two' }, session });
    expect(decide(asked, other, ports).effect).toBe('allow');
  });
});
