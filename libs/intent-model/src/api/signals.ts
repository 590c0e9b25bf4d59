import { z } from 'zod';
import { Instant, Sha256 } from '../names.js';
import { SignalRole } from '../signals.js';
import { ExecutionId, ShownObject, ShownStatus, Substatus } from './executions.js';

/** A signal as it was decided and applied. */
export const SignalView = z
  .object({
    signalId: z.uuid(),
    signalType: z.string(),
    decisionId: z.string(),
    policyRevision: z.int().nonnegative(),
    /** The least powerful role that suffices, under which it was sent. */
    role: SignalRole,
    /** `user:<id>` */
    actor: z.string(),
    payload: ShownObject,
    payloadDigest: Sha256,
    reason: z.string().nullable(),
    /** Seq of `signal.decided` in the execution's stream; null for `retry_execution`, which is not recorded there. */
    decidedSeq: z.int().positive().nullable(),
    /** Seq of `signal.applied`, likewise; what followed from it comes after. */
    appliedSeq: z.int().positive().nullable(),
    appliedAt: Instant,
  })
  .meta({ id: 'Signal' });
export type SignalView = z.infer<typeof SignalView>;

/** `POST /v1/executions/{executionId}/signals`, and the forms of it below `/v1/sagas` */
export const SignalReply = z
  .object({
    executionId: ExecutionId,
    signalId: z.uuid(),
    decisionId: z.string(),
    signalType: z.string(),
    role: SignalRole,
    /** Null for `retry_execution`: the execution it names is left as it was. */
    appliedSeq: z.int().positive().nullable(),
    /** As it is now. */
    status: ShownStatus,
    substatus: Substatus,
    /** The execution that `retry_execution` made. */
    newExecutionId: ExecutionId.nullable(),
  })
  .meta({ id: 'SignalReply' });
export type SignalReply = z.infer<typeof SignalReply>;

/** `GET /v1/executions/{executionId}/signals`, oldest first */
export const SignalsReply = z
  .object({ executionId: ExecutionId, signals: z.array(SignalView) })
  .meta({ id: 'SignalsPage' });
export type SignalsReply = z.infer<typeof SignalsReply>;
