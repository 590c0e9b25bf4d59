import {
  Artifact,
  CorrelationId,
  DomainEvent,
  Instant,
  PolicyDecision,
  ResolvedCapability,
  SessionId,
  Sha256,
  StateChange,
  StepError,
} from '@intendant/intent-model';
import { z } from 'zod';

/** What the API answers. Members that are not named here are passed on untouched: a newer server may send more. */

export const ExecutionId = z.string().regex(/^exe_[0-9a-f]{32}$/);
const Identity = {
  executionId: ExecutionId,
  intentId: z.string(),
  intentType: z.string(),
  correlationId: CorrelationId,
  status: z.string(),
};

/** Statuses an execution does not leave by itself. */
const SETTLED: ReadonlySet<string> = new Set(['completed', 'failed', 'stuck']);
export const isSettledStatus = (status: string): boolean => SETTLED.has(status);

export const StepView = z.looseObject({
  stepId: z.string(),
  status: z.string(),
  attempts: z.int(),
  error: StepError.nullable(),
  errorOutcome: z.string().nullable(),
});

export const ExecutionReply = z.looseObject({
  ...Identity,
  tenantId: z.string(),
  userId: z.string(),
  sessionId: z.string(),
  capabilities: z.array(ResolvedCapability),
  decisionId: z.string(),
  policyRevision: z.int(),
  createdAt: Instant,
  acceptedAt: Instant.nullable(),
  settledAt: Instant.nullable(),
  lastSeq: z.int(),
  steps: z.array(StepView),
  error: StepError.nullable(),
  stuckReason: z.string().nullable(),
});
export type ExecutionReply = z.infer<typeof ExecutionReply>;

export const StatusReply = z.looseObject({
  executionId: ExecutionId,
  status: z.string(),
  settledAt: Instant.nullable(),
  lastSeq: z.int(),
  steps: z.array(StepView),
});
export type StatusReply = z.infer<typeof StatusReply>;

export const StateReply = z.looseObject({
  executionId: ExecutionId,
  digest: Sha256,
  state: z.record(z.string(), z.unknown()),
});
export type StateReply = z.infer<typeof StateReply>;

export const ResultReply = z.looseObject({
  ...Identity,
  createdAt: Instant,
  settledAt: Instant.nullable(),
  result: z
    .looseObject({
      artifacts: z.array(Artifact),
      events: z.array(z.looseObject(DomainEvent.shape)),
      stateChanges: z.array(StateChange),
    })
    .nullable(),
  error: StepError.nullable(),
  stuckReason: z.string().nullable(),
});
export type ResultReply = z.infer<typeof ResultReply>;

export const DecisionReply = PolicyDecision;

/** A record of the log, whatever its type; `data` is as the record catalogue says. */
export const EventRecord = z.looseObject({
  seq: z.int().positive(),
  type: z.string(),
  v: z.int(),
  tenantId: z.string(),
  sessionId: SessionId.nullable(),
  executionId: z.string().nullable(),
  intentId: z.string().nullable(),
  correlationId: z.string().nullable(),
  causationSeq: z.int().nullable(),
  actor: z.string(),
  occurredAt: Instant,
  data: z.record(z.string(), z.unknown()),
});
export type EventRecord = z.infer<typeof EventRecord>;

export const EventsReply = z.looseObject({
  executionId: ExecutionId,
  records: z.array(EventRecord),
  nextAfter: z.int().nullable(),
});
export type EventsReply = z.infer<typeof EventsReply>;

export const ValidationReply = z.looseObject({
  executionId: z.string(),
  valid: z.boolean(),
  checks: z.array(
    z.looseObject({
      check: z.string(),
      passed: z.boolean(),
      seq: z.int().nullable(),
      finding: z.string().nullable(),
    }),
  ),
  stateDigest: Sha256.nullable(),
});
export type ValidationReply = z.infer<typeof ValidationReply>;

/** `events_only` answers `records`, `state_only` answers `state`, `liveDigest` and `equal`. */
export const ReplayReply = z.looseObject({
  mode: z.string(),
  digest: Sha256,
  records: z.array(EventRecord).optional(),
  state: z.record(z.string(), z.unknown()).optional(),
  liveDigest: z.string().optional(),
  equal: z.boolean().optional(),
});
export type ReplayReply = z.infer<typeof ReplayReply>;

/** The session's own stream and its executions; a digest is null where a stream does not verify. */
export const SessionReplayReply = z.looseObject({
  sessionId: SessionId,
  mode: z.string(),
  digest: Sha256,
  streams: z.array(
    z.looseObject({
      streamId: z.string(),
      digest: Sha256.nullable(),
      records: z.array(EventRecord).optional(),
      state: z.unknown().optional(),
    }),
  ),
  /** What is wrong, naming stream and seq. */
  findings: z.array(z.string()),
});
export type SessionReplayReply = z.infer<typeof SessionReplayReply>;

/** What would become of an intent; nothing was accepted. */
export const JudgementReply = z.looseObject({
  acceptable: z.boolean(),
  decision: PolicyDecision,
  resolution: z.looseObject({
    revision: z.int().optional(),
    capabilities: z.array(ResolvedCapability).optional(),
    code: z.string().optional(),
    detail: z.string().optional(),
  }),
  payload: z.looseObject({ valid: z.boolean(), field: z.string().optional(), detail: z.string().optional() }),
});
export type JudgementReply = z.infer<typeof JudgementReply>;

export const ExecutionSummary = z.looseObject({
  ...Identity,
  sessionId: z.string(),
  userId: z.string(),
  acceptedAt: Instant,
  settledAt: Instant.nullable(),
  /** Code of the error it failed with. */
  errorCode: z.string().nullable(),
  lastSeq: z.int(),
});
export type ExecutionSummary = z.infer<typeof ExecutionSummary>;

export const ExecutionsReply = z.looseObject({
  /** `own` for those who may not see what others of the tenant submitted. */
  scope: z.string(),
  executions: z.array(ExecutionSummary),
  nextCursor: z.string().nullable(),
});
export type ExecutionsReply = z.infer<typeof ExecutionsReply>;

export const RecordsReply = z.looseObject({ records: z.array(EventRecord), nextCursor: z.string().nullable() });
export type RecordsReply = z.infer<typeof RecordsReply>;

export const RefusalSummary = z.looseObject({
  refusalId: z.string().nullable(),
  code: z.string().nullable(),
  detail: z.string().nullable(),
  field: z.string().nullable(),
  actor: z.string().nullable(),
  intentType: z.string().nullable(),
  decisionId: z.string().nullable(),
  occurredAt: z.string().nullable(),
});
export type RefusalSummary = z.infer<typeof RefusalSummary>;

export const RefusalsReply = z.looseObject({
  refusals: z.array(RefusalSummary),
  nextBefore: z.int().nullable(),
});
export type RefusalsReply = z.infer<typeof RefusalsReply>;

export const RefusalReply = RefusalSummary.extend({ records: z.array(EventRecord) });
export type RefusalReply = z.infer<typeof RefusalReply>;

export const PolicyReply = z.looseObject({ tenantId: z.string(), revision: z.int(), digest: Sha256 });
export type PolicyReply = z.infer<typeof PolicyReply>;
