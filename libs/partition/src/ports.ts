import type { CallTerms, ExecutionState } from '@intendant/execution';
import type { CallToken, ParticipantResult, StepError } from '@intendant/intent-model';

/** One delivery of one attempt of a step, or of its undo, to a participant. */
export interface Delivery {
  readonly state: ExecutionState;
  readonly call: CallTerms;
  readonly callToken: CallToken;
  /** 1 + definite failures: business retries. */
  readonly logicalAttempt: number;
  /** 1 + redeliveries after a crash or an unknown outcome. */
  readonly deliveryAttempt: number;
}

/** How a delivery ended. `unknown` is a lost outcome; a participant that was never reached is a definite failure. */
export type DeliveryOutcome =
  | { readonly kind: 'succeeded'; readonly result: ParticipantResult }
  | { readonly kind: 'failed'; readonly error: StepError }
  | { readonly kind: 'unknown'; readonly error: StepError };

/** Reaches participants. Never rejects: whatever goes wrong is an outcome. */
export interface Dispatcher {
  deliver(delivery: Delivery): Promise<DeliveryOutcome>;
}

/** What the supervisor reports; never waits for an answer. */
export interface SupervisorEvents {
  /** After every durable entry of an execution. */
  applied(state: ExecutionState): void;
  /** An execution cannot go on in this process; a defect, or the log takes no appends any more. */
  broken(executionId: string, error: Error): void;
  /** A partition cannot be recovered; nothing of it is served. */
  halted(partition: number, error: Error): void;
}
