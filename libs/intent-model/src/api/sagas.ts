import { z } from 'zod';
import { Instant, Name } from '../names.js';
import { resolutionOf } from '../signals.js';
import { StepError } from '../step-error.js';
import { ExecutionId, executionIdentity, ShownStatus, StepView, Substatus } from './executions.js';

const SagaHealth = z.enum(['healthy', 'retrying', 'silent', 'needs_attention']);

const PinnedCapability = z.object({ name: z.string(), version: z.string() });

const UndoView = z
  .object({
    intent: z.string(),
    capability: PinnedCapability,
    status: z.enum(['none', 'started', 'awaiting_retry', 'succeeded', 'failed', 'skipped', 'abandoned']),
    attempts: z.int().nonnegative(),
    error: StepError.nullable(),
    errorOutcome: z.enum(['definite', 'unknown']).nullable(),
  })
  .meta({ id: 'UndoView' });

/** A step of the ledger, with its undo; a copy of a fan-out is a step of its own. */
export const LedgerStepView = z
  .object({
    ...StepView.shape,
    /** The step of the plan that it is, or is a copy of; null for a step of a saga as code. */
    planStepId: z.string().nullable(),
    intent: z.string(),
    capability: PinnedCapability,
    dependsOn: z.array(z.string()),
    pivot: z.boolean(),
    /** Seq of the record that ended it; steps are undone in the reverse order of these. */
    endedSeq: z.int().positive().nullable(),
    compensation: UndoView.nullable(),
  })
  .meta({ id: 'LedgerStep' });
export type LedgerStepView = z.infer<typeof LedgerStepView>;

/** A child execution that its parent waits for. */
export const AwaitedChildView = z
  .object({
    /** The step of the parent that it is. */
    stepId: z.string(),
    executionId: ExecutionId,
    intentType: z.string(),
    /** Null while it has not been accepted yet. */
    status: ShownStatus.nullable(),
    health: SagaHealth,
    stuckReason: z.string().nullable(),
  })
  .meta({ id: 'AwaitedChild' });
export type AwaitedChildView = z.infer<typeof AwaitedChildView>;

/** `GET /v1/sagas/{executionId}` */
export const SagaReply = z
  .object({
    ...executionIdentity,
    substatus: Substatus,
    /** The worst of its own and that of the children it waits for. */
    health: SagaHealth,
    recovery: z.enum(['compensate', 'retry', 'pause', 'abort']),
    concurrencyMax: z.int().positive(),
    /** In the order of the plan, those included that have not started. */
    steps: z.array(LedgerStepView),
    unwinding: z
      .object({
        target: z.enum(['compensated', 'cancelled']),
        error: StepError.nullable(),
        stepId: z.string().nullable(),
      })
      .nullable(),
    waits: z.array(
      z.object({ waitId: z.string(), name: z.string(), approval: z.boolean(), prompt: z.string().nullable() }),
    ),
    /** Child executions that it waits for. */
    children: z.array(AwaitedChildView),
    pausedBecause: z.string().nullable(),
    stuckReason: z.string().nullable(),
    error: StepError.nullable(),
    settledAt: Instant.nullable(),
    lastSeq: z.int().positive(),
  })
  .meta({ id: 'Saga' });
export type SagaReply = z.infer<typeof SagaReply>;

/** One execution that needs a person, and whose it is: stuck, or paused because a step failed whose capability asks for that. */
export const StuckSaga = z
  .object({
    executionId: ExecutionId,
    intentType: z.string(),
    status: z.enum(['stuck', 'paused']),
    stepId: z.string(),
    reason: z.string(),
    since: Instant,
    submittedBy: Name,
    /** The execution that waits for this one; null for what was submitted. */
    parentExecutionId: ExecutionId.nullable(),
    /** Service that answers the step. */
    service: z.string(),
    /** User who sent `claim` last, since then. */
    claimedBy: z.string().nullable(),
    /** Who should act: `user:<id>` once somebody claimed it, `service:<name>` before. */
    owner: z.string(),
  })
  .meta({ id: 'StuckSaga' });
export type StuckSaga = z.infer<typeof StuckSaga>;

/** `GET /v1/sagas/stuck` */
export const StuckReply = z
  .object({ scope: z.enum(['tenant', 'own']), stuck: z.array(StuckSaga), nextCursor: z.string().nullable() })
  .meta({ id: 'StuckPage' });
export type StuckReply = z.infer<typeof StuckReply>;

const brief = { signalId: z.uuid().optional(), reason: z.string().optional() };

/** Body of the forms of a signal below `/v1/sagas`; without an id the `Idempotency-Key` names it, or a fresh one is made. */
export const BriefSignal = z.strictObject(brief).meta({ id: 'BriefSignal' });

/** Body of `POST /v1/sagas/{executionId}/steps/{stepId}/resolve` */
export const StepResolution = resolutionOf(brief).meta({ id: 'StepResolution' });
