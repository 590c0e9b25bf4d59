import type { BoundaryContract, JudgedReference, PolicyBundle, PolicyQuestion } from '@intendant/intent-model';
import { type DecisionPorts, readBundle, type TenantPolicy } from '../src/index.js';
import { compilePolicy } from '../src/tenant-policy.js';

export const NOW_MS = Date.parse('2026-05-04T10:00:00.000Z');
export const CONTRACT_ID = `bct_${'a'.repeat(32)}`;

/** A small valid bundle; parts of it are replaced by `changes`. */
export const sampleBundle = (changes: Partial<PolicyBundle> = {}): PolicyBundle => ({
  tenantId: 't_one',
  revision: 1,
  description: 'sample',
  tenantState: 'active',
  isolation: { level: 'strict', allowedCrossTenantActions: [] },
  roles: [
    { name: 'reader', inherits: [] },
    { name: 'analyst', inherits: ['reader'] },
    { name: 'lead', inherits: ['analyst'] },
    { name: 'intern', inherits: [] },
    { name: 'auditor', inherits: [] },
  ],
  rules: [
    { id: 'reader-open', role: 'reader', action: 'session.*', realm: 'platform', effect: 'allow' },
    { id: 'analyst-content', role: 'analyst', action: 'content.*', realm: 'content', effect: 'allow' },
    { id: 'analyst-insights', role: 'analyst', action: 'insights.*', realm: 'insights', effect: 'allow' },
    { id: 'intern-no-delete', role: 'intern', action: 'content.delete', realm: '*', effect: 'deny' },
  ],
  enabled: { realms: ['content'], intents: ['content.*'], exceptIntents: ['content.archive'] },
  limits: { executionMsMax: 10_000, modes: ['standard'] },
  rates: [],
  approvals: [{ id: 'approve-purge', intents: ['content.purge'], timeoutSeconds: 3_600 }],
  data: {
    ownership: ['owner', 'granted', 'role'],
    rules: [
      { id: 'audit-all', roles: ['auditor'], resourceClass: '*', effect: 'allow' },
      { id: 'no-secrets', roles: ['reader'], resourceClass: 'secret', effect: 'deny' },
    ],
  },
  boundaryContracts: [
    {
      id: 'files',
      sourceType: 'file',
      effect: 'allow',
      materializationType: 'full_artifact',
      scope: 'tenant',
      ttlSeconds: 3_600,
      backingStore: 'content',
    },
    {
      id: 'no-streams',
      sourceType: 'stream',
      effect: 'deny',
      materializationType: 'reference',
      scope: 'tenant',
      ttlSeconds: 60,
      backingStore: 'none',
    },
  ],
  artifactPersistence: { default: 'persist', byResultType: { preview: 'discard' } },
  ...changes,
});

export const sampleQuestion = (changes: Partial<PolicyQuestion> = {}): PolicyQuestion => ({
  decisionId: `dec_${'1'.repeat(32)}`,
  principal: { tenantId: 't_one', userId: 'ann', roles: ['analyst'], mode: 'standard' },
  action: 'content.parse',
  realm: 'content',
  solutionId: null,
  inputDigest: 'ab'.repeat(32),
  session: sampleSession(),
  sessionRequired: true,
  references: [],
  boundary: { phase: 'none' },
  requestedExecutionMs: 5_000,
  ...changes,
});

type SessionOfQuestion = NonNullable<PolicyQuestion['session']>;

export const sampleSession = (changes: Partial<SessionOfQuestion> = {}): SessionOfQuestion => ({
  sessionId: `ses_${'2'.repeat(32)}`,
  tenantId: 't_one',
  userId: 'ann',
  status: 'active',
  context: {},
  openedAt: '2026-05-04T09:00:00.000Z',
  closedAt: null,
  revision: 1,
  ...changes,
});

export const sampleReference = (changes: Partial<JudgedReference> = {}): JudgedReference => ({
  pointer: '/fileId',
  reference: 'cnt_1',
  found: true,
  ownerUserId: 'ann',
  resourceClass: 'content',
  grantedTo: [],
  ...changes,
});

export const sampleContract = (changes: Partial<BoundaryContract> = {}): BoundaryContract => ({
  contractId: CONTRACT_ID,
  tenantId: 't_one',
  userId: 'ann',
  status: 'pending',
  sourceType: 'file',
  sourceIdentifier: 'upload:employees.csv',
  materializationType: null,
  scope: null,
  backingStore: null,
  expiresAt: '2026-05-04T11:00:00.000Z',
  policyBasis: 'files',
  revision: 1,
  ...changes,
});

export const samplePorts = (changes: Partial<DecisionPorts> = {}): DecisionPorts => ({
  nowMs: () => NOW_MS,
  takeTokens: () => null,
  onEvaluationError: () => undefined,
  decidedBy: 'smart-city/test',
  ...changes,
});

/** The bundle made ready, or the problems it has as an error. */
export async function samplePolicy(changes: Partial<PolicyBundle> = {}): Promise<TenantPolicy> {
  const read = readBundle(sampleBundle(changes));
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return compilePolicy(read.value);
}
