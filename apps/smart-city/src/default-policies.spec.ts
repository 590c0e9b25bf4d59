import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PolicyQuestion, SIGNAL_TYPES, suffices } from '@intendant/intent-model';
import { compilePolicy, decide, readBundle } from '@intendant/policy';
import { describe, expect, it } from '@jest/globals';

const folder = join(import.meta.dirname, '../../../policies');
const tenants = readdirSync(folder).map((file) => file.slice(0, -'.json'.length));

async function policyOf(tenantId: string) {
  const read = readBundle(JSON.parse(readFileSync(join(folder, `${tenantId}.json`), 'utf8')));
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return compilePolicy(read.value);
}

const ports = { nowMs: () => 0, takeTokens: () => null, onEvaluationError: () => undefined, decidedBy: 'test' };

async function codeOf(tenantId: string, role: string, action: string, more: Partial<PolicyQuestion> = {}) {
  const [area] = action.split('.') as [string];
  const realm = more.realm ?? area;
  const principal = { tenantId, userId: 'ann', roles: [role], mode: 'standard' };
  const question: PolicyQuestion = {
    decisionId: 'dec_1',
    principal,
    action,
    solutionId: null,
    inputDigest: 'a'.repeat(64),
    session: null,
    sessionRequired: false,
    references: [],
    boundary: { phase: 'none' },
    requestedExecutionMs: 1_000,
    ...more,
    realm,
  };
  return decide(question, await policyOf(tenantId), ports).code;
}

const platform = { realm: 'platform' };
const INTENTS = [
  'content.upload',
  'content.save_materialization',
  'insights.analyze',
  'journey.create_sop',
  'solution.synthesize',
  'cross_realm.data_mash',
];

describe.each(tenants)('default policy of %s', (tenantId) => {
  it('lets analysts work', async () => {
    for (const intent of INTENTS) expect([intent, await codeOf(tenantId, 'analyst', intent)]).toEqual([intent, null]);
    for (const operation of [
      'session.open',
      'session.close',
      'content.stage',
      'content.read',
      'intent.validate',
      'execution.read',
    ])
      expect([operation, await codeOf(tenantId, 'analyst', operation, platform)]).toEqual([operation, null]);
  });

  it('keeps from analysts what is not theirs', async () => {
    for (const operation of ['policy.publish', 'wal.read', 'replay.request', 'signal.pause'])
      expect(await codeOf(tenantId, 'analyst', operation, platform)).toBe('action_not_permitted');
  });

  it.each(['operator', 'engineer', 'admin', 'system'] as const)(
    'lets %s send the signals of that role',
    async (role) => {
      for (const signalType of SIGNAL_TYPES) {
        const expected = suffices(role, signalType) ? null : 'action_not_permitted';
        expect([signalType, await codeOf(tenantId, role, `signal.${signalType}`, platform)]).toEqual([
          signalType,
          expected,
        ]);
      }
    },
  );

  it('lets nobody else send any, but the leads of migrations what operators may', async () => {
    for (const signalType of SIGNAL_TYPES) {
      for (const role of ['analyst', 'compliance_officer', 'auditor', 'policy_admin', 'outsider'])
        expect(await codeOf(tenantId, role, `signal.${signalType}`, platform)).toBe('action_not_permitted');
      const expected = suffices('operator', signalType) ? null : 'action_not_permitted';
      expect(await codeOf(tenantId, 'migration_lead', `signal.${signalType}`, platform)).toBe(expected);
    }
  });

  it.each(['operator', 'engineer', 'admin', 'system'])('lets %s reach executions of others', async (role) => {
    const references = [
      {
        pointer: '/executionId',
        reference: 'exe_1',
        found: true,
        ownerUserId: 'bob',
        resourceClass: 'execution',
        grantedTo: [],
      },
    ];
    expect(await codeOf(tenantId, role, 'signal.escalate_alert', { ...platform, references })).toBe(
      role === 'admin' || role === 'system' ? null : 'action_not_permitted',
    );
    expect(await codeOf(tenantId, role, 'execution.read', { ...platform, references })).toBeNull();
  });

  it('lets auditors look and replay, not submit', async () => {
    for (const operation of ['replay.request', 'execution.validate', 'execution.read', 'wal.read', 'refusal.read'])
      expect(await codeOf(tenantId, 'auditor', operation, platform)).toBeNull();
    const references = [
      {
        pointer: '/executionId',
        reference: 'exe_1',
        found: true,
        ownerUserId: 'bob',
        resourceClass: 'execution',
        grantedTo: [],
      },
    ];
    expect(await codeOf(tenantId, 'auditor', 'execution.read', { ...platform, references })).toBeNull();
    expect(await codeOf(tenantId, 'analyst', 'execution.read', { ...platform, references })).toBe('data_access_denied');
    for (const intent of INTENTS) expect(await codeOf(tenantId, 'auditor', intent)).toBe('action_not_permitted');
    const both = { principal: { tenantId, userId: 'ann', roles: ['analyst', 'auditor'], mode: 'standard' } };
    expect(await codeOf(tenantId, 'analyst', 'content.upload', both)).toBe('action_not_permitted');
  });

  it('lets policy administrators publish, and outsiders nothing', async () => {
    expect(await codeOf(tenantId, 'policy_admin', 'policy.publish', platform)).toBeNull();
    expect(await codeOf(tenantId, 'policy_admin', 'content.upload')).toBe('action_not_permitted');
    for (const role of ['outsider', 'nobody', '__proto__'])
      for (const action of ['session.open', 'policy.publish', 'execution.read'])
        expect(await codeOf(tenantId, role, action, platform)).toBe('action_not_permitted');
  });

  it('lets operators, and those above them, make the lists anew', async () => {
    for (const operation of ['read_model.read', 'read_model.rebuild']) {
      for (const role of ['operator', 'engineer', 'admin'])
        expect([role, await codeOf(tenantId, role, operation, platform)]).toEqual([role, null]);
      for (const role of ['analyst', 'auditor', 'outsider'])
        expect(await codeOf(tenantId, role, operation, platform)).toBe('action_not_permitted');
    }
  });

  it('takes files in and streams not', async () => {
    const propose = (sourceType: string) => ({
      boundary: { phase: 'propose' as const, contractId: `bct_${'0'.repeat(32)}`, sourceType, sourceIdentifier: 'x' },
    });
    expect(await codeOf(tenantId, 'analyst', 'content.upload', propose('file'))).toBeNull();
    expect(await codeOf(tenantId, 'analyst', 'content.upload', propose('stream'))).toBe('boundary_contract_refused');
  });
});

describe('default policies differ', () => {
  it.each([
    ['t_energy_corp', 'analyst', 'solution.generate_poc', 'action_not_permitted'],
    ['t_energy_corp', 'migration_lead', 'solution.generate_poc', null],
    ['t_showcase', 'analyst', 'solution.generate_poc', null],
    ['t_te_range', 'analyst', 'solution.export_artifact', 'intent_not_enabled'],
    ['t_showcase', 'analyst', 'solution.export_artifact', null],
    ['t_atlantic_life', 'migration_lead', 'journey.retire_legacy_system', 'approval_required'],
    ['t_atlantic_life', 'migration_lead', 'journey.execute_wave', null],
  ])('%s: %s %s → %s', async (tenantId, role, action, code) => {
    expect(await codeOf(tenantId, role, action)).toBe(code);
  });

  it('does not slow benchmarks down', async () => {
    expect((await policyOf('t_bench')).rates).toEqual([]);
  });
});
