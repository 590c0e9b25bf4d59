import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planProblems } from '@intendant/saga';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkedCapability, resultViolations } from '../../testing/contract-check.js';
import { intentOf, MemoryContext } from '../../testing/handler-context.js';
import { insuranceCapabilities, type OpenInsurance, openInsurance } from './index.js';

const capabilities = insuranceCapabilities.map(checkedCapability);
const capabilityOf = (name: string) => capabilities.find((one) => one.name === name);
const directory = mkdtempSync(join(tmpdir(), 'insurance-'));
let insurance: OpenInsurance;

beforeAll(() => {
  insurance = openInsurance(directory);
});
afterAll(() => {
  insurance.close();
  rmSync(directory, { recursive: true });
});

describe('what the service declares', () => {
  it('is what it answers', () => {
    const intents = capabilities.flatMap((one) => one.intents);
    expect([...intents].sort()).toEqual([...insurance.participant.getSupportedIntents()].sort());
  });

  it('are plans without a problem', () => {
    const plans = capabilities.flatMap(({ name, plan }) => (plan === null ? [] : [[name, plan] as const]));
    expect(plans.map(([name]) => name)).toEqual([
      'insurance.migrate_wave',
      'insurance.map_policies',
      'insurance.validate_wave',
    ]);
    for (const [, plan] of plans) expect(planProblems(plan, capabilityOf)).toEqual([]);
  });

  it.each([
    ['insurance.migrate_wave', 'ingest_legacy_data delete_ingested_data 3600 3'],
    ['insurance.migrate_wave', 'map_to_canonical revert_canonical_mapping 1800 3'],
    ['insurance.migrate_wave', 'evaluate_routing revert_routing 600 2'],
    ['insurance.migrate_wave', 'execute_wave rollback_wave 7200 1'],
    ['insurance.migrate_wave', 'validate_migration revert_validation 1800 2'],
    ['insurance.map_policies', 'extract_policy_data delete_ingested_data 300 3'],
    ['insurance.map_policies', 'validate_schema revert_validation 120 2'],
    ['insurance.map_policies', 'map_to_canonical revert_canonical_mapping 180 3'],
    ['insurance.map_policies', 'store_canonical_policy delete_canonical_policy 60 2'],
    ['insurance.validate_wave', 'validate_data_quality revert_quality_validation 600 2'],
    ['insurance.validate_wave', 'reconcile_systems revert_reconciliation 1800 2'],
    ['insurance.validate_wave', 'generate_audit_report delete_audit_report 300 1'],
  ])('%s has the step %s', (saga, expected) => {
    const bare = (intent = '') => intent.replace('insurance.', '');
    const steps = capabilityOf(saga)?.plan?.steps.map(({ intent, compensation, timeoutMs = 0, retry }) =>
      [bare(intent), bare(compensation?.intent), timeoutMs / 1_000, (retry?.attemptsMax ?? 0) - 1].join(' '),
    );
    expect(steps).toContain(expected);
  });
});

describe('filling the legacy system', () => {
  const load = async (lines: string) => {
    const context = new MemoryContext();
    const { ref } = context.store(lines);
    const payload = { contentRef: ref };
    const once = context.seenBy({ executionId: `exe_${ref.slice(-32)}`, idempotencyKey: ref.slice(-64) });
    const result = await insurance.participant.handleIntent(intentOf('insurance.load_legacy_policies', payload), once);
    expect(resultViolations(capabilityOf('insurance.load_legacy_policies') as never, result)).toEqual([]);
    return result.artifacts[0]?.semanticPayload;
  };
  const row = (policy_id: string, premium_cents: number | null = null) =>
    JSON.stringify({
      policy_id,
      product: 'UMBRELLA',
      status_code: 'A',
      payment_plan: 'invoice',
      carrier: null,
      holder_name: null,
      holder_birth_date: null,
      agent_id: null,
      issue_date: null,
      effective_date: null,
      expiration_date: null,
      coverage_limit_cents: null,
      deductible_cents: null,
      premium_cents,
      premium_frequency: null,
      payment_history: '',
      letters: '',
      endorsement_codes: '',
      claim_numbers: '',
    });

  it('takes rows once, however often the same file or another with the same rows comes', async () => {
    expect(await load(`${row('A1')}\n${row('A2')}\n`)).toEqual({ policyCount: 2, loaded: 2 });
    expect(await load(`${row('A1')}\n${row('A2')}\n`)).toEqual({ policyCount: 2, loaded: 2 });
    expect(await load(`${row('A2')}\n${row('A3')}\n`)).toEqual({ policyCount: 2, loaded: 1 });
    expect(insurance.inspect('t_showcase').policyCount).toBe(3);
    expect(insurance.inspect('t_other').policyCount).toBe(0);
  });

  it('refuses a row that differs from what is held, in the system or in the file, and then takes nothing of the file', async () => {
    await expect(load(`${row('B1')}\n\n${row('A1', 99)}\n`)).rejects.toMatchObject({
      code: 'legacy_row_conflict',
      options: { details: { line: 3, policyId: 'A1', columns: ['premium_cents'] } },
    });
    await expect(load(`${row('B1', 1)}\n${row('B1', 1)}\n${row('B1', 2)}\n`)).rejects.toMatchObject({
      code: 'legacy_row_conflict',
      options: { details: { line: 3, policyId: 'B1' } },
    });
    expect(insurance.inspect('t_showcase').policyCount).toBe(3);
  });

  it('leaves a row alone that was repaired in the system since it came, however it comes again', async () => {
    insurance.systemsOf('t_showcase').run("UPDATE legacy.policies SET premium_cents = 5 WHERE policy_id = 'A1'");
    expect(await load(`${row('A1')}\n\n\n`)).toEqual({ policyCount: 1, loaded: 0 });
    expect(await load(`${row('A1', 5)}\n`)).toEqual({ policyCount: 1, loaded: 0 });
    await expect(load(`${row('A1', 6)}\n`)).rejects.toMatchObject({ code: 'legacy_row_conflict' });
  });

  it.each([
    ['{', /line 2: it is no JSON/],
    [
      `${row('A8').slice(0, -1)},"policy_id":"A9"}`,
      /line 2: it is no JSON that can be read in one way only: .*policy_id/,
    ],
    ['{"policy_id":"A9"}', /line 2: product is no text/],
  ])('names the line that is none: %s', async (line, message) => {
    await expect(load(`${row('A7')}\n${line}\n`)).rejects.toThrow(message);
    expect(insurance.inspect('t_showcase').policyCount).toBe(3);
  });
});

describe('a file that cannot be read', () => {
  const refusal = async (lines: string | Uint8Array) => {
    const context = new MemoryContext();
    const { ref } = context.store(lines);
    const intent = intentOf('insurance.load_legacy_policies', { contentRef: ref });
    return expect(async () => insurance.participant.handleIntent(intent, context)).rejects;
  };

  it('is refused with its encoding and the line, and not repaired', async () => {
    await (await refusal(Buffer.from('\n{"holder_name":"M\u00fcller"}\n', 'latin1'))).toMatchObject({
      code: 'invalid_encoding',
      options: { details: { encoding: 'utf-8', line: 2 } },
    });
  });

  it('is refused with the line as an editor counts it, blank ones too', async () => {
    await (await refusal('\n\n\n\n{\n')).toMatchObject({
      code: 'legacy_row_invalid',
      options: { details: { line: 5 } },
    });
  });
});

describe('an intent that is a saga', () => {
  it('is not answered by the service itself', async () => {
    const intent = intentOf('insurance.migrate_wave', { waveNumber: 0, size: 100 });
    await expect(insurance.participant.handleIntent(intent, new MemoryContext())).rejects.toThrow('has no step');
  });
});
