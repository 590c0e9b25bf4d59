import type { ParticipantResult, RetryPolicy, StepError } from '@intendant/intent-model';
import type { JsonValue } from '@intendant/kernel';
import { type HandlerContext, StepFailure } from '../handler.js';

/** The intent that undoes a step, recorded before the step begins. */
export interface Undo {
  readonly intent: string;
  readonly input: { readonly [key: string]: JsonValue };
  readonly retry?: RetryPolicy;
  readonly timeoutMs?: number;
}

export interface StepOptions {
  readonly compensate?: Undo;
  readonly retry?: RetryPolicy;
  /** Bound of one attempt; within the bound of the call. */
  readonly timeoutMs?: number;
}

/** What an action knows about its own run. */
export interface StepRun {
  /** The same over attempts, restarts and owners. */
  readonly idempotencyKey: string;
  readonly attempt: number;
  /** Aborted when the call ends or the step's time is over. */
  readonly signal: AbortSignal;
}

export interface Approval {
  readonly approved: boolean;
  readonly note: string | null;
}

/**
 * What a saga as code may do. Every operation is journalled under its id and its place in its branch; when the handler is
 * called again what is in the journal is not done again. Whatever is neither an operation nor computed from the results
 * of operations must not happen in a handler: no clock, no randomness, no I/O of its own. A value that an operation returns
 * is the handler's own, as JSON keeps it: the same in every run, and nothing else changes when the handler changes it.
 */
export interface SagaContext extends Omit<HandlerContext, 'state'> {
  /** Runs `action` until it has an outcome. Throws {@link SagaStepError} when it failed for good. */
  step<T extends JsonValue>(id: string, action: (run: StepRun) => Promise<T>, options?: StepOptions): Promise<T>;
  /** Runs another intent as an execution of its own, under the same user; resolves with its result. */
  intent(
    intentType: string,
    payload: { readonly [key: string]: JsonValue },
    options?: { readonly id?: string; readonly compensate?: Undo },
  ): Promise<ParticipantResult>;
  /** Runs branches side by side. Each must use the context it is given. */
  all<T>(branches: readonly ((branch: SagaContext) => Promise<T>)[]): Promise<T[]>;
  sleep(id: string, durationMs: number): Promise<void>;
  /** The payload of the next signal of this name, `{}` when it has none; null when `timeoutMs` is over first. Without an `id` a wait is named for
   * its signal, and a further one of the same name for its place as well. */
  waitForSignal(name: string, options?: { readonly id?: string; readonly timeoutMs?: number }): Promise<JsonValue>;
  /** Asks a person; null when `timeoutMs` is over first. */
  approval(id: string, options?: { readonly prompt?: string; readonly timeoutMs?: number }): Promise<Approval | null>;
  /** A value from outside, asked once: the first that is recorded is the one every run sees. */
  fact<T extends JsonValue>(key: string, io: () => Promise<T>): Promise<T>;
  /** Milliseconds since the epoch, the same in every run. */
  now(): number;
  /** At least 0 and below 1, the same in every run. */
  random(): number;
  /** State of this execution, kept in its journal. */
  readonly state: { get(key: string): JsonValue; set(key: string, value: JsonValue): void };
}

/** A step, or a child, failed for good. */
export class SagaStepError extends Error {
  constructor(
    readonly stepId: string,
    readonly error: StepError,
  ) {
    super(`${stepId}: ${error.code}: ${error.message}`);
    this.name = 'SagaStepError';
  }

  /** What the saga fails with when its handler does not catch this. */
  asFailure(): StepFailure {
    const { code, message, details } = this.error;
    return new StepFailure(code, message, { retryable: false, ...(details === null ? {} : { details }) });
  }
}
