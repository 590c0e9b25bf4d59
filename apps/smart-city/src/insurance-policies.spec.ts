import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PolicyQuestion } from '@intendant/intent-model';
import { compilePolicy, decide, readBundle } from '@intendant/policy';
import { describe, expect, it } from '@jest/globals';

const file = join(import.meta.dirname, '../../../policies/t_atlantic_life.json');
const ports = { nowMs: () => 0, takeTokens: () => null, onEvaluationError: () => undefined, decidedBy: 'test' };

async function codeOf(role: string, operation: string) {
  const read = readBundle(JSON.parse(readFileSync(file, 'utf8')));
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  const question: PolicyQuestion = {
    decisionId: 'dec_1',
    principal: { tenantId: 't_atlantic_life', userId: 'ann', roles: [role], mode: 'standard' },
    action: `insurance.${operation}`,
    realm: 'insurance',
    solutionId: null,
    inputDigest: 'a'.repeat(64),
    session: null,
    sessionRequired: false,
    references: [],
    boundary: { phase: 'none' },
    requestedExecutionMs: 7_200_000,
  };
  const { code, obligations } = decide(question, await compilePolicy(read.value), ports);
  return code ?? obligations?.executionMsMax;
}

const DENIED = 'action_not_permitted';
const TWO_HOURS_MS = 7_200_000;

describe('who may migrate policies', () => {
  it.each([
    ['migration_lead', 'migrate_wave', TWO_HOURS_MS],
    ['migration_lead', 'map_policies', TWO_HOURS_MS],
    ['migration_lead', 'validate_wave', TWO_HOURS_MS],
    ['migration_lead', 'load_legacy_policies', TWO_HOURS_MS],
    ['compliance_officer', 'validate_wave', TWO_HOURS_MS],
    ['compliance_officer', 'migrate_wave', DENIED],
    ['analyst', 'map_policies', TWO_HOURS_MS],
    ['analyst', 'migrate_wave', DENIED],
    ['auditor', 'locate_policies', DENIED],
  ])('%s: %s → %s', async (role, operation, expected) => {
    expect(await codeOf(role, operation)).toBe(expected);
  });

  it.each(['rollback_wave', 'delete_ingested_data', 'revert_validation', 'execute_wave', 'evaluate_routing'])(
    'nobody submits %s: the Runtime runs it as a part of a saga',
    async (operation) => {
      for (const role of ['migration_lead', 'compliance_officer', 'analyst', 'operator'])
        expect(await codeOf(role, operation)).toBe(DENIED);
    },
  );
});
