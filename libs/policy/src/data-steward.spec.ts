import type { PolicyQuestion } from '@intendant/intent-model';
import { describe, expect, it } from '@jest/globals';
import {
  CONTRACT_ID,
  sampleBundle,
  sampleContract,
  samplePolicy,
  samplePorts,
  sampleQuestion,
  sampleReference,
} from '../test/samples.js';
import { decide } from './index.js';

const boundaryOf = async (boundary: PolicyQuestion['boundary']) =>
  decide(sampleQuestion({ boundary }), await samplePolicy(), samplePorts()).obligations?.boundaryContract;

describe('boundary contracts', () => {
  it('proposes a pending contract that keeps nothing yet', async () => {
    const proposal = {
      phase: 'propose',
      contractId: CONTRACT_ID,
      sourceType: 'file',
      sourceIdentifier: 'upload:x',
    } as const;
    expect(await boundaryOf(proposal)).toEqual({
      action: 'propose',
      contract: sampleContract({ sourceIdentifier: 'upload:x', expiresAt: '2026-05-04T11:00:00.000Z' }),
    });
  });

  it('activates a pending contract with what the rule grants', async () => {
    const contract = sampleContract({ expiresAt: '2026-05-04T10:00:00.001Z' });
    expect(await boundaryOf({ phase: 'activate', contract })).toEqual({
      action: 'activate',
      contract: {
        ...contract,
        status: 'active',
        materializationType: 'full_artifact',
        scope: 'tenant',
        backingStore: 'content',
        expiresAt: '2026-05-04T11:00:00.000Z',
        revision: 2,
      },
    });
  });

  it('does not extend an active contract, but shortens it when the rule became shorter', async () => {
    const soon = sampleContract({ status: 'active', expiresAt: '2026-05-04T10:10:00.000Z' });
    expect((await boundaryOf({ phase: 'activate', contract: soon }))?.contract.expiresAt).toBe(soon.expiresAt);
    const late = sampleContract({ status: 'active', expiresAt: '2030-01-01T00:00:00.000Z' });
    expect((await boundaryOf({ phase: 'activate', contract: late }))?.contract.expiresAt).toBe(
      '2026-05-04T11:00:00.000Z',
    );
  });

  it('lets a deny beat an allow of the same source type, in either order', async () => {
    const rules = sampleBundle().boundaryContracts.slice(0, 1);
    const denials = rules.map((rule) => ({ ...rule, id: 'no-files', effect: 'deny' as const }));
    const boundary = { phase: 'propose', contractId: CONTRACT_ID, sourceType: 'file', sourceIdentifier: 'x' } as const;
    for (const boundaryContracts of [
      [...rules, ...denials],
      [...denials, ...rules],
    ]) {
      const decision = decide(sampleQuestion({ boundary }), await samplePolicy({ boundaryContracts }), samplePorts());
      expect(decision).toMatchObject({ code: 'boundary_contract_refused' });
    }
  });

  it('never activates a foreign contract, whatever the isolation level', async () => {
    for (const level of ['moderate', 'permissive'] as const) {
      const isolation = { level, allowedCrossTenantActions: ['content.*'] };
      const boundary = { phase: 'activate', contract: sampleContract({ tenantId: 't_two' }) } as const;
      const decision = decide(sampleQuestion({ boundary }), await samplePolicy({ isolation }), samplePorts());
      expect(decision).toMatchObject({ effect: 'deny', code: 'materialization_denied' });
    }
  });
});

describe('references', () => {
  const bobs = sampleReference({ ownerUserId: 'bob' });
  const auditor = { tenantId: 't_one', userId: 'ann', roles: ['analyst', 'auditor'], mode: 'standard' };

  it('lets an allowing rule read what others own', async () => {
    const asked = sampleQuestion({ principal: auditor, references: [bobs] });
    const decision = decide(asked, await samplePolicy(), samplePorts());
    expect(decision.steps[9]).toMatchObject({ outcome: 'passed', ruleIds: ['audit-all'] });
  });

  it('counts only the grounds that the bundle lists', async () => {
    const { rules } = sampleBundle().data;
    const onlyOwner = await samplePolicy({ data: { ownership: ['owner'], rules } });
    const ask = (references: PolicyQuestion['references']) =>
      decide(sampleQuestion({ principal: auditor, references }), onlyOwner, samplePorts()).code;
    expect(ask([bobs])).toBe('data_access_denied');
    expect(ask([{ ...bobs, grantedTo: ['user:ann'] }])).toBe('data_access_denied');
    expect(ask([sampleReference()])).toBeNull();
  });

  it('takes a grant to a user or to a role, as they are called, for a ground', async () => {
    const policy = await samplePolicy();
    const ask = (grantee: string) =>
      decide(sampleQuestion({ references: [{ ...bobs, grantedTo: [grantee] }] }), policy, samplePorts()).code;
    expect(['user:ann', 'role:analyst'].map(ask)).toEqual([null, null]);
    expect(['user:analyst', 'role:ann', 'role:auditor'].map(ask)).toEqual(Array(3).fill('data_access_denied'));
  });

  it('lets nobody but its owner grant a reference on, whatever ground they have to use it', async () => {
    const rule = { id: 'grant', role: 'analyst', action: 'data.grant', realm: 'platform', effect: 'allow' } as const;
    const policy = await samplePolicy({ rules: [...sampleBundle().rules, rule] });
    const ask = (reference: typeof bobs) =>
      decide(
        sampleQuestion({ action: 'data.grant', realm: 'platform', principal: auditor, references: [reference] }),
        policy,
        samplePorts(),
      ).code;
    expect(ask({ ...bobs, ownerUserId: 'ann' })).toBeNull();
    expect(ask(bobs)).toBe('data_access_denied');
    expect(ask({ ...bobs, grantedTo: ['user:ann'] })).toBe('data_access_denied');
  });

  it('answers missing and foreign references alike', async () => {
    const policy = await samplePolicy();
    const missing = sampleReference({ found: false, ownerUserId: null, resourceClass: null });
    const [one, two] = [missing, bobs].map((reference) =>
      decide(sampleQuestion({ references: [reference] }), policy, samplePorts()),
    );
    expect(one).toEqual(two);
    expect(one?.reason).toBe('The reference at /fileId does not exist or may not be used.');
  });

  it('does not take a reference without owner for the user’s own', async () => {
    const asked = sampleQuestion({ references: [sampleReference({ ownerUserId: null })] });
    expect(decide(asked, await samplePolicy(), samplePorts()).code).toBe('data_access_denied');
  });
});
