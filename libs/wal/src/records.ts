import {
  BoundaryContract,
  CallToken,
  ContentDescriptor,
  CorrelationId,
  Grantee,
  Instant,
  Intent,
  IntentType,
  JsonObjectSchema,
  Name,
  PolicyDecision,
  ResolvedCapability,
  ResolvedPlan,
  RetryPolicy,
  SessionId,
  Sha256,
  StepError,
  StoredArtifact,
  Version,
} from '@intendant/intent-model';
import { z } from 'zod';
import { Attempt, JournalPlace, SAGA_RECORDS, StepId } from './saga-records.js';

/** An intent of a refusal keeps its digest and loses its payload. */
const ReceivedIntent = Intent.extend({ payload: JsonObjectSchema.nullable(), sessionId: z.string().max(64) });

/**
 * Every record type, with the schema of its data. A change of shape gets a new version beside the old one; a version
 * once written decodes for ever (fixtures/records holds one of each).
 */
export const RECORD_CATALOGUE = {
  'session.opened': { v: 1, data: z.object({ context: JsonObjectSchema, userId: Name }) },
  'session.closed': { v: 1, data: z.object({ reason: z.string().max(256) }) },
  'intent.received': {
    v: 1,
    data: z.object({
      /** Digest of everything that makes two submissions the same: type, session, payload, solution. */
      fingerprint: Sha256,
      intent: ReceivedIntent,
      /** Digest of (tenant, user, idempotency key); null without a key. */
      keyDigest: Sha256.nullable(),
    }),
  },
  'policy.decided': { v: 1, data: z.object({ decision: PolicyDecision }) },
  'capability.resolved': {
    v: 1,
    data: z.object({ capabilities: z.array(ResolvedCapability).min(1), registryRevision: z.int() }),
  },
  'intent.accepted': {
    v: 1,
    data: z.object({
      /** Seed of every jitter in this execution. */
      jitterSeed: z.string(),
      recovery: z.enum(['compensate', 'retry', 'pause', 'abort']),
      retry: RetryPolicy,
      sideEffects: z.enum(['none', 'idempotent', 'effectful']),
      sessionRevision: z.int().positive(),
      /** Bound of one attempt: what the capability asks for, capped by the decision. */
      timeoutMs: z.int().positive(),
      unknownOutcome: z.enum(['probe', 'rerun', 'park']),
      /** The saga with all its capabilities looked up; absent for an intent of one step. */
      plan: ResolvedPlan.optional(),
      /** Tags whose steps are left out. */
      skipTags: z.array(z.string().max(64)).optional(),
      /** The one step is a saga as code. */
      durable: z.boolean().optional(),
    }),
  },
  'intent.rejected': {
    v: 1,
    data: z.object({
      code: z.string().max(64),
      detail: z.string().max(2_000),
      field: z.string().max(256).nullable(),
      mismatches: z.array(z.object({ claimed: z.string().max(256), field: z.string().max(256) })).nullable(),
      refusalId: z.string(),
      /** What was asked for when it was no intent; absent from records of before it was kept. */
      asked: z.object({ action: z.string().max(128), targetId: z.string().max(256).nullable() }).optional(),
    }),
  },
  'execution.started': { v: 1, data: z.object({}) },
  'step.started': {
    v: 1,
    data: z.object({
      attempt: Attempt,
      capability: z.object({ name: IntentType, version: Version }),
      idempotencyKey: Sha256,
      inputDigest: Sha256,
      stepId: StepId,
      op: JournalPlace.optional(),
      /** Of a step of a saga as code, which no plan declares. */
      retry: RetryPolicy.optional(),
    }),
  },
  'step.succeeded': {
    v: 1,
    data: z.object({
      attempt: Attempt,
      outputDigest: Sha256,
      stepId: StepId,
      /** Of a step of a saga as code. */
      value: z.json().optional(),
    }),
  },
  'step.failed': {
    v: 1,
    data: z.object({
      attempt: Attempt,
      error: StepError,
      /** Nurse's verdict where it allowed no further attempt. */
      finalBecause: z.string().max(256).optional(),
      outcome: z.enum(['definite', 'unknown']),
      stepId: StepId,
      /** Of a step of a saga as code: its handler is not told before a person has said what became of it. */
      unresolved: z.boolean().optional(),
    }),
  },
  'step.retry_scheduled': {
    v: 1,
    data: z.object({
      attempt: Attempt,
      permit: z.string().max(256),
      stepId: StepId,
      timerId: z.string(),
      waitMs: z.int(),
    }),
  },
  'timer.set': {
    v: 1,
    data: z.object({
      dueAt: Instant,
      /** Of a sleep: what was asked for; absent from records of before it was kept. */
      durationMs: z.int().nonnegative().optional(),
      op: JournalPlace.optional(),
      timerId: z.string(),
    }),
  },
  'timer.fired': { v: 1, data: z.object({ timerId: z.string() }) },
  'artifact.recorded': {
    v: 1,
    data: z.object({ artifact: StoredArtifact, digest: Sha256, disposition: z.enum(['persist', 'cache', 'discard']) }),
  },
  'state.changed': {
    v: 1,
    data: z.object({
      key: z.string(),
      op: JournalPlace.optional(),
      scope: z.enum(['session', 'execution']),
      value: z.json(),
    }),
  },
  'event.emitted': { v: 1, data: z.object({ data: JsonObjectSchema, eventId: z.string(), eventType: z.string() }) },
  'data.registered': {
    v: 1,
    data: z.object({
      content: ContentDescriptor.nullable(),
      ownerUserId: Name,
      reference: z.string().max(256),
      resourceClass: z.string().max(64),
      sources: z.array(z.string().max(256)),
    }),
  },
  'grant.given': { v: 1, data: z.object({ grantee: Grantee, reference: z.string().max(256) }) },
  'grant.revoked': { v: 1, data: z.object({ grantee: Grantee, reference: z.string().max(256) }) },
  'contract.proposed': { v: 1, data: z.object({ contract: BoundaryContract, intentId: z.uuid() }) },
  'contract.activated': { v: 1, data: z.object({ contract: BoundaryContract, intentId: z.uuid() }) },
  ...SAGA_RECORDS,
  'execution.completed': { v: 1, data: z.object({ resultDigest: Sha256 }) },
  'execution.failed': { v: 1, data: z.object({ error: StepError, stepId: StepId.nullable() }) },
  'execution.stuck': { v: 1, data: z.object({ reason: z.string().max(512), stepId: StepId }) },
  'call.superseded': {
    v: 1,
    data: z.object({ callToken: CallToken, outcome: z.string().max(64), stepId: StepId }),
  },
  'replay.requested': {
    v: 1,
    data: z.object({ mode: z.string().max(32), replayId: z.string(), target: z.string().max(128) }),
  },
  'replay.completed': {
    v: 1,
    data: z.object({
      digest: Sha256,
      findings: z.array(z.string().max(512)),
      replayId: z.string(),
      verdict: z.enum(['passed', 'failed']),
    }),
  },
  /** Before Smart City hears of it; what came of it is `policy.published`, a refusal, or not known. */
  'policy.publication_requested': { v: 1, data: z.object({ bundleDigest: Sha256, decision: PolicyDecision }) },
  'policy.published': {
    v: 1,
    data: z.object({ digest: Sha256, previousRevision: z.int().nullable(), revision: z.int() }),
  },
  'read_model.rebuild_requested': { v: 1, data: z.object({}) },
  'epoch.opened': {
    v: 1,
    data: z.object({ durability: z.string().max(256), epoch: z.int(), partition: z.int() }),
  },
  'node.drained': { v: 1, data: z.object({ reason: z.string().max(256) }) },
  'refusal.counted': {
    v: 1,
    data: z.object({ code: z.string().max(64), count: z.int().positive(), windowMs: z.int().positive() }),
  },
} as const;

export type RecordType = keyof typeof RECORD_CATALOGUE;
export type RecordData<T extends RecordType> = z.infer<(typeof RECORD_CATALOGUE)[T]['data']>;

/** Who everything in an entry is about. One entry has one attribution; every record in it carries it (SYM-P4). */
export const Attribution = z.object({
  correlationId: CorrelationId.nullable(),
  executionId: z.string().nullable(),
  intentId: z.uuid().nullable(),
  sessionId: SessionId.nullable(),
  tenantId: Name,
});
export type Attribution = z.infer<typeof Attribution>;

/** What a decider returns: a record that has no place in the log yet. */
export type RecordDraft = {
  [T in RecordType]: {
    readonly type: T;
    readonly data: RecordData<T>;
    /** `user:<id>`, `service:<name>` or `runtime`. */
    readonly actor: string;
    /** Index in the same batch of the record that caused this one, or an earlier record's seq as `{ seq }`. */
    readonly cause: { readonly seq: number } | { readonly draft: number } | null;
  };
}[RecordType];

/** A record in the log. Order is `seq`, dense from 1 in its stream; `occurredAt` is information only. */
export type LogRecord = {
  [T in RecordType]: Attribution & {
    readonly seq: number;
    readonly type: T;
    readonly v: number;
    readonly data: RecordData<T>;
    readonly actor: string;
    readonly causationSeq: number | null;
    readonly occurredAt: string;
  };
}[RecordType];

export const isRecordType = (type: string): type is RecordType => Object.hasOwn(RECORD_CATALOGUE, type);
