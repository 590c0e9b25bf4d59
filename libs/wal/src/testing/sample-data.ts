import { digestOf } from '@intendant/kernel';
import type { RecordData, RecordType } from '../records.js';
import { SAGA_SAMPLE_DATA } from './sample-saga-data.js';
import {
  SAMPLE_IDS,
  sampleArtifact,
  sampleCapability,
  sampleContract,
  sampleDecision,
  sampleError,
  sampleIntent,
} from './samples.js';

const { intentId, refusalId, userId, at, tenantId } = SAMPLE_IDS;
const stepId = 'main';
const timerId = 'retry/main/2';
const { name, version } = sampleCapability();

const OF_INTENTS = {
  'intent.received': { fingerprint: digestOf('fingerprint'), intent: sampleIntent(), keyDigest: digestOf('key') },
  'policy.decided': { decision: sampleDecision() },
  'capability.resolved': { capabilities: [sampleCapability()], registryRevision: 7 },
  'intent.accepted': {
    jitterSeed: 'seed-1',
    recovery: 'compensate',
    retry: { attemptsMax: 3, initialMs: 1_000, factor: 2, capMs: 60_000, nonRetryableCodes: ['bad_input'] },
    sideEffects: 'idempotent',
    sessionRevision: 1,
    timeoutMs: 30_000,
    unknownOutcome: 'rerun',
  },
  'intent.rejected': {
    code: 'identity_override',
    detail: 'a field claims an identity other than the token’s',
    field: '/tenantId',
    mismatches: [{ claimed: 'globex', field: 'tenantId' }],
    refusalId,
  },
} as const satisfies Partial<{ [T in RecordType]: RecordData<T> }>;

const OF_EXECUTIONS = {
  'execution.started': {},
  'step.started': {
    attempt: 1,
    capability: { name, version },
    idempotencyKey: digestOf([tenantId, SAMPLE_IDS.executionId, stepId, 'forward']),
    inputDigest: sampleIntent().payloadDigest,
    stepId,
  },
  'step.succeeded': { attempt: 1, outputDigest: digestOf('output'), stepId },
  'step.failed': { attempt: 1, error: sampleError(), outcome: 'unknown', stepId },
  'step.retry_scheduled': {
    attempt: 2,
    permit: 'attempt 1 of 3 failed with upstream_down',
    stepId,
    timerId,
    waitMs: 700,
  },
  'timer.set': { dueAt: at, timerId },
  'timer.fired': { timerId },
  'grant.given': { grantee: 'user:bob', reference: 'table_1' },
  'grant.revoked': { grantee: 'user:bob', reference: 'table_1' },
  'artifact.recorded': { artifact: sampleArtifact(), digest: digestOf(sampleArtifact()), disposition: 'persist' },
  'state.changed': { key: 'parse/last', scope: 'session', value: { rows: 2, names: ['a', null] } },
  'event.emitted': { data: { rows: 2 }, eventId: `${SAMPLE_IDS.executionId}/main/0`, eventType: 'content.parsed' },
  'data.registered': {
    content: sampleArtifact().renderings[0]?.content ?? null,
    ownerUserId: userId,
    reference: 'table_1',
    resourceClass: 'table',
    sources: ['file_1'],
  },
  'execution.completed': { resultDigest: digestOf('output') },
  'execution.failed': { error: sampleError(false), stepId },
  'execution.stuck': { reason: 'outcome of attempt 1 is unknown', stepId },
  'call.superseded': { callToken: { epoch: 2, n: 3 }, outcome: 'succeeded', stepId },
} as const satisfies Partial<{ [T in RecordType]: RecordData<T> }>;

const OF_OTHERS = {
  'session.opened': { context: { locale: 'de-CH' }, userId },
  'session.closed': { reason: 'signed out' },
  'contract.proposed': { contract: sampleContract('pending'), intentId },
  'contract.activated': { contract: sampleContract('active'), intentId },
  'replay.requested': { mode: 'state_only', replayId: `rpl_${'4e'.repeat(16)}`, target: SAMPLE_IDS.executionId },
  'replay.completed': {
    digest: digestOf('state'),
    findings: ['none'],
    replayId: `rpl_${'4e'.repeat(16)}`,
    verdict: 'passed',
  },
  'read_model.rebuild_requested': {},
  'policy.publication_requested': { bundleDigest: digestOf('policy'), decision: sampleDecision() },
  'policy.published': { digest: digestOf('policy'), previousRevision: 2, revision: 3 },
  'epoch.opened': { durability: 'fsync', epoch: 4, partition: 1 },
  'node.drained': { reason: 'SIGTERM' },
  'refusal.counted': { code: 'rate_limited', count: 12, windowMs: 1_000 },
} as const satisfies Partial<{ [T in RecordType]: RecordData<T> }>;

/** Conforming data of every record type. */
export const SAMPLE_DATA: { readonly [T in RecordType]: RecordData<T> } = {
  ...(OF_INTENTS as Pick<SampleData, keyof typeof OF_INTENTS>),
  ...(OF_EXECUTIONS as Pick<SampleData, keyof typeof OF_EXECUTIONS>),
  ...(SAGA_SAMPLE_DATA as unknown as Pick<SampleData, keyof typeof SAGA_SAMPLE_DATA>),
  ...(OF_OTHERS as Pick<SampleData, keyof typeof OF_OTHERS>),
};
type SampleData = { [T in RecordType]: RecordData<T> };
