import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PolicyDecision, PolicyRevisions } from '@intendant/intent-model';
import { readBundle } from '@intendant/policy';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { TcpContext } from '@nestjs/microservices';
import { Registry } from 'prom-client';
import { recordingLogger } from '../test/recording-logger.js';
import { DecisionMetrics } from './policies/decision-metrics.js';
import { PolicyDecider } from './policies/policy-decider.js';
import { TenantPolicies } from './policies/tenant-policies.js';
import { PolicyController } from './policy.controller.js';
import { RateBuckets } from './rates/rate-buckets.js';
import type { BundleStore, StoredDocument } from './storage/bundle-store.js';

const showcase = JSON.parse(readFileSync(join(import.meta.dirname, '../../../policies/t_showcase.json'), 'utf8'));
const digestOfBundle = (bundle: unknown): string => {
  const read = readBundle(bundle);
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return read.value.digest;
};

/** What the store would answer. */
class ListedDocuments {
  rows: StoredDocument[] = [];
  heads = async () => this.rows;
  documents = async (heads: readonly { tenantId: string }[]) =>
    this.rows.filter((row) => heads.some(({ tenantId }) => tenantId === row.tenantId));
  publish = async (): Promise<null> => null;
}

const question = (changes: Record<string, unknown> = {}) => ({
  decisionId: 'dec_1',
  principal: { tenantId: 't_showcase', userId: 'ann', roles: ['analyst'], mode: 'standard' },
  action: 'session.open',
  realm: 'platform',
  solutionId: null,
  inputDigest: 'a'.repeat(64),
  session: null,
  sessionRequired: false,
  references: [],
  boundary: { phase: 'none' },
  requestedExecutionMs: 1_000,
  ...changes,
});

describe('PolicyController', () => {
  let nowMs: number;
  let store: ListedDocuments;
  let policies: TenantPolicies;
  let controller: PolicyController;
  let registry: Registry;

  beforeEach(async () => {
    nowMs = 1_000_000;
    const { logger } = recordingLogger();
    const clock = { nowMs: () => nowMs };
    store = new ListedDocuments();
    store.rows = [{ tenantId: 't_showcase', revision: 1, digest: digestOfBundle(showcase), document: showcase }];
    policies = new TenantPolicies(store as unknown as BundleStore, clock, logger);
    await policies.refresh();
    registry = new Registry();
    const settings = { decidedBy: 'smart-city@test', policyAgeMsMax: 60_000 };
    const decider = new PolicyDecider(
      policies,
      new RateBuckets(),
      clock,
      new DecisionMetrics(registry),
      logger,
      settings,
    );
    controller = new PolicyController(decider, policies);
  });
  afterEach(() => void jest.useRealTimers());

  it('answers a batch in order', async () => {
    const { decisions } = controller.decide({
      questions: [
        question({ decisionId: 'one' }),
        question({ decisionId: 'two', action: 'policy.publish' }),
        question({ decisionId: 'three', principal: { ...question().principal, tenantId: 't_unknown' } }),
      ],
    });
    expect(decisions.map(({ decisionId, code }) => [decisionId, code])).toEqual([
      ['one', null],
      ['two', 'action_not_permitted'],
      ['three', 'policy_missing'],
    ]);
    for (const decision of decisions) PolicyDecision.parse(decision);
    expect(await registry.metrics()).toContain('intendant_policy_decisions_total{effect="allow",code="none"} 1');
  });

  it.each([
    null,
    7,
    {},
    { action: 'content/..' },
    question({ realm: 7 }),
    question({ principal: { tenantId: 't_showcase' } }),
  ])('denies %j and answers its neighbours', (malformed) => {
    const { decisions } = controller.decide({ questions: [question(), malformed, question()] });
    expect(decisions.map(({ effect }) => effect)).toEqual(['allow', 'deny', 'allow']);
    PolicyDecision.parse(decisions[1]);
  });

  it.each([null, {}, { questions: [] }, { questions: 'all' }])('refuses %j as a batch', (body) => {
    expect(() => controller.decide(body)).toThrow();
  });

  it('limits rates across batches', () => {
    const codes = Array.from({ length: 61 }, () => controller.decide({ questions: [question()] }).decisions[0]);
    expect(codes[59]?.code).toBeNull();
    expect(codes[60]).toMatchObject({ code: 'rate_limited', retryAfterMs: 1_000 });
  });

  it('denies everything once the policies may be out of date', () => {
    nowMs += 60_000;
    expect(controller.decide({ questions: [question()] }).decisions[0]?.effect).toBe('allow');
    nowMs += 1;
    expect(controller.decide({ questions: [question()] }).decisions[0]?.code).toBe('policy_unavailable');
  });

  it('publishes or returns the failure', async () => {
    const next = { ...showcase, revision: 2 };
    const publication = { tenantId: 't_showcase', publishedBy: 'pat', bundle: next };
    expect(await controller.publish(publication)).toEqual({ revision: 2, digest: digestOfBundle(next) });
    expect(policies.of('t_showcase')?.revision).toBe(2);
    expect(await controller.publish({ ...publication, bundle: {} })).toMatchObject({
      failure: { code: 'policy_invalid' },
    });
    const polluted = JSON.parse(JSON.stringify(next).replace('{', '{"__proto__":{},'));
    expect(await controller.publish({ ...publication, bundle: polluted })).toMatchObject({
      failure: { code: 'policy_invalid' },
    });
    expect(await controller.publish({ bundle: next })).toMatchObject({ failure: { code: 'invalid_request' } });
  });

  it('watches: at once, after a change, every five seconds, until the connection closes', async () => {
    jest.useFakeTimers();
    const netSocket = new EventEmitter();
    const seen: PolicyRevisions[] = [];
    let ended = false;
    controller.watch(new TcpContext([{ netSocket }, 'policy.watch', {}] as never)).subscribe({
      next: (revisions) => void seen.push(PolicyRevisions.parse(JSON.parse(JSON.stringify(revisions)))),
      complete: () => {
        ended = true;
      },
    });
    expect(seen.map(({ revisions }) => revisions.t_showcase?.revision)).toEqual([1]);
    await controller.publish({ tenantId: 't_showcase', publishedBy: 'pat', bundle: { ...showcase, revision: 2 } });
    expect(seen.map(({ revisions }) => revisions.t_showcase?.revision)).toEqual([1, 2]);
    jest.advanceTimersByTime(5_000);
    nowMs += 60_001;
    jest.advanceTimersByTime(5_000);
    expect(seen.map(({ ageMs, isOutOfDate }) => [ageMs, isOutOfDate])).toEqual([
      [0, false],
      [0, false],
      [0, false],
      [60_001, true],
    ]);
    netSocket.emit('close');
    expect(ended).toBe(true);
    expect(jest.getTimerCount()).toBe(0);
  });
});
