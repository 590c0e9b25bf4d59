import type { ParticipantResult, ResolvedCompensation, RetryPolicy, StepError } from '@intendant/intent-model';
import type { JsonValue } from '@intendant/kernel';
import type { StepStatus, UndoStatus } from '@intendant/saga';

/** What undoes a step of a saga as code, and the service that answers for it. */
export type RegisteredCompensation = ResolvedCompensation & { readonly service: string };

/** The undo of a step. */
export interface UndoState {
  readonly status: UndoStatus;
  readonly attempt: number;
  readonly definiteFailures: number;
  readonly unknownOutcomes: number;
  readonly idempotencyKey: string;
  readonly error: StepError | null;
  readonly errorOutcome: 'definite' | 'unknown' | null;
}

export interface StepState {
  readonly stepId: string;
  readonly status: StepStatus;
  /** Attempts recorded so far. */
  readonly attempt: number;
  /** Attempts that ended in a definite failure; the next one is logical attempt + 1. */
  readonly definiteFailures: number;
  /** Attempts since then whose outcome stayed unknown. */
  readonly unknownOutcomes: number;
  readonly idempotencyKey: string;
  readonly capability: { readonly name: string; readonly version: string };
  readonly error: StepError | null;
  readonly errorOutcome: 'definite' | 'unknown' | null;
  readonly outputDigest: string | null;
  /** Seq of the record that ended the step; the order in which steps are undone. */
  readonly endedSeq: number | null;
  readonly result: ParticipantResult | null;
  readonly undo: UndoState | null;
  /** What people had put over the payload when it started; its retries and its undo get the same. */
  readonly params: { readonly [key: string]: JsonValue } | null;
  /** What undoes a step of a saga as code, journalled before its action ran. */
  readonly registered: RegisteredCompensation | null;
  /** Retry rule of a step of a saga as code, which no plan declares. */
  readonly retry: RetryPolicy | null;
  /** A step inside the handler of a saga as code: the Runtime records it and does not call anybody for it. */
  readonly inner: boolean;
}
