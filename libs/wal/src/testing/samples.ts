import type {
  Artifact,
  BoundaryContract,
  Intent,
  PolicyDecision,
  ResolvedCapability,
  StepError,
} from '@intendant/intent-model';
import { digestOf } from '@intendant/kernel';
import type { Attribution } from '../records.js';

/** Ids of one business transaction, the same in every run. */
export const SAMPLE_IDS = {
  tenantId: 'acme',
  userId: 'ada',
  sessionId: `ses_${'5e'.repeat(16)}`,
  executionId: `exe_${'e0'.repeat(16)}`,
  contractId: `bct_${'bc'.repeat(16)}`,
  refusalId: `rfs_${'0f'.repeat(16)}`,
  intentId: '0190a5d4-7c7b-7000-8000-0123456789ab',
  correlationId: 'correlation-1',
  at: '2026-01-02T03:04:05.678Z',
} as const;

export const sampleAttribution = (executionId: string | null = SAMPLE_IDS.executionId): Attribution => ({
  correlationId: SAMPLE_IDS.correlationId,
  executionId,
  intentId: SAMPLE_IDS.intentId,
  sessionId: SAMPLE_IDS.sessionId,
  tenantId: SAMPLE_IDS.tenantId,
});

export function sampleIntent(payload: Intent['payload'] = { file: 'a.csv' }): Intent {
  return {
    intentId: SAMPLE_IDS.intentId,
    intentType: 'content.parse',
    realm: 'content',
    tenantId: SAMPLE_IDS.tenantId,
    userId: SAMPLE_IDS.userId,
    roles: ['analyst'],
    mode: 'standard',
    sessionId: SAMPLE_IDS.sessionId,
    payload,
    payloadDigest: digestOf(payload),
    metadata: { source: 'sample' },
    solutionId: null,
    solutionContext: null,
    correlationId: SAMPLE_IDS.correlationId,
    createdAt: SAMPLE_IDS.at,
  };
}

export const sampleContract = (status: BoundaryContract['status'] = 'pending'): BoundaryContract => ({
  contractId: SAMPLE_IDS.contractId,
  tenantId: SAMPLE_IDS.tenantId,
  userId: SAMPLE_IDS.userId,
  status,
  sourceType: 'file',
  sourceIdentifier: 'a.csv',
  materializationType: status === 'active' ? 'full_artifact' : null,
  scope: null,
  backingStore: null,
  expiresAt: null,
  policyBasis: 'rule-1',
  revision: status === 'active' ? 2 : 1,
});

export function sampleDecision(intent: Intent = sampleIntent()): PolicyDecision {
  return {
    decisionId: `dec_${'de'.repeat(16)}`,
    tenantId: intent.tenantId,
    effect: 'allow',
    steps: [{ role: 'traffic_cop', check: 'session', outcome: 'passed', ruleIds: [], code: null, reason: null }],
    obligations: {
      executionMsMax: 30_000,
      allowedReferences: [],
      boundaryContract: null,
      artifactPersistence: { default: 'discard', byResultType: { table: 'persist' } },
    },
    code: null,
    reason: null,
    remedy: null,
    retryAfterMs: null,
    policyRevision: 3,
    policyDigest: digestOf('policy'),
    inputDigest: intent.payloadDigest,
    decidedBy: 'smart-city',
    decidedAt: SAMPLE_IDS.at,
  };
}

export const sampleCapability = (): ResolvedCapability => ({
  name: 'content.parse',
  version: '1.2.0',
  service: 'content',
  digest: digestOf('capability'),
});

export function sampleArtifact(artifactId = 'table_1'): Artifact {
  const sha256 = digestOf(artifactId);
  return {
    artifactId,
    resultType: 'table',
    semanticPayload: { columns: ['a', 'b'], rows: 2 },
    renderings: [{ mediaType: 'text/csv', content: { ref: `content://${sha256}`, sha256, sizeBytes: 17 } }],
    parents: ['file_1'],
  };
}

export const sampleError = (retryable = true, code = 'upstream_down'): StepError => ({
  code,
  message: 'the upstream gave no answer',
  retryable,
  details: null,
});
