import { z } from 'zod';
import { DomainEvent, StateChange, StoredArtifact } from '../artifact.js';
import { ResolvedCapability } from '../capability.js';
import { CorrelationId } from '../intent.js';
import { Instant, Name, Sha256 } from '../names.js';
import { SessionId } from '../session.js';
import { StepError } from '../step-error.js';

export const ExecutionId = z.string().regex(/^exe_[0-9a-f]{32}$/, 'must be an execution id (exe_ and 32 hex digits)');

/** A JSON object whose members are told elsewhere. */
export const ShownObject = z.looseObject({});

/** A refused intent has no execution, so there is no status for it. */
export const ShownStatus = z
  .enum(['running', 'waiting', 'paused', 'compensating', 'completed', 'failed', 'cancelled', 'compensated', 'stuck'])
  .meta({ id: 'ExecutionStatus' });
export type ShownStatus = z.infer<typeof ShownStatus>;

/** What the status alone does not tell; null when it tells all. */
export const Substatus = z
  .enum(['draining', 'retrying', 'waiting_approval', 'recovering'])
  .nullable()
  .meta({ id: 'ExecutionSubstatus' });
export type Substatus = z.infer<typeof Substatus>;

/** Statuses an execution does not leave by itself. */
const SETTLED: ReadonlySet<string> = new Set<ShownStatus>(['completed', 'failed', 'cancelled', 'compensated', 'stuck']);
export const isSettledStatus = (status: string): boolean => SETTLED.has(status);

/** What every view of an execution starts with. */
export const executionIdentity = {
  executionId: ExecutionId,
  intentId: z.string(),
  intentType: z.string(),
  correlationId: CorrelationId,
  status: ShownStatus,
};

const outcome = {
  settledAt: Instant.nullable(),
  /** Why it failed. */
  error: StepError.nullable(),
  /** Why it needs a person. */
  stuckReason: z.string().nullable(),
};

export const StepView = z
  .object({
    stepId: z.string(),
    /**
     * `abandoned`: it had begun and had no known outcome when the execution ended; what became of it nobody knows. One
     * that is known to have failed is `failed`, though a retry was planned.
     */
    status: z.enum([
      'never_started',
      'started',
      'suspended',
      'awaiting_retry',
      'succeeded',
      'failed',
      'skipped',
      'abandoned',
    ]),
    attempts: z.int().nonnegative(),
    /** Business attempts: 1 and one more for every failure that is known. */
    logicalAttempt: z.int().positive(),
    /** Deliveries of the business attempt: 1 and one more for every outcome that was lost. */
    deliveryAttempt: z.int().positive(),
    error: StepError.nullable(),
    /** Whether the last error is known to be what happened. */
    errorOutcome: z.enum(['definite', 'unknown']).nullable(),
  })
  .meta({ id: 'StepView' });
export type StepView = z.infer<typeof StepView>;

/** `GET /v1/executions/{executionId}` */
export const ExecutionReply = z
  .object({
    ...executionIdentity,
    tenantId: Name,
    userId: Name,
    sessionId: SessionId,
    capabilities: z.array(ResolvedCapability),
    decisionId: z.string(),
    policyRevision: z.int().nonnegative(),
    createdAt: Instant,
    acceptedAt: Instant.nullable(),
    lastSeq: z.int().positive(),
    substatus: Substatus,
    steps: z.array(StepView),
    /** Timers that are set and have not fired: id → due instant. */
    timers: z.record(z.string(), Instant),
    /** The execution that this one submitted once more, as the metadata of its intent says. */
    retryOf: ExecutionId.nullable(),
    ...outcome,
  })
  .meta({ id: 'Execution' });
export type ExecutionReply = z.infer<typeof ExecutionReply>;

/** `GET /v1/executions/{executionId}/status` */
export const StatusReply = z
  .object({
    executionId: ExecutionId,
    status: ShownStatus,
    substatus: Substatus,
    settledAt: Instant.nullable(),
    lastSeq: z.int().positive(),
    steps: z.array(StepView),
  })
  .meta({ id: 'ExecutionProgress' });
export type StatusReply = z.infer<typeof StatusReply>;

/** `GET /v1/executions/{executionId}/state`: the fold of its records, and the digest that a replay must reproduce. */
export const StateReply = z
  .object({ executionId: ExecutionId, digest: Sha256, state: ShownObject })
  .meta({ id: 'ExecutionState' });
export type StateReply = z.infer<typeof StateReply>;

/** `POST /v1/intents` and `GET /v1/executions/{executionId}/result`; `result` is null until the execution completed. */
export const ResultReply = z
  .object({
    ...executionIdentity,
    createdAt: Instant,
    result: z
      .object({
        artifacts: z.array(StoredArtifact),
        events: z.array(z.object({ ...DomainEvent.shape, eventId: z.string() })),
        stateChanges: z.array(StateChange),
      })
      .nullable(),
    ...outcome,
  })
  .meta({ id: 'ExecutionResult' });
export type ResultReply = z.infer<typeof ResultReply>;
