import type {
  CallTerms,
  ExecutionState,
  ExecutionStatus,
  OpenChild,
  RegisteredCompensation,
  SignalRefusal,
} from '@intendant/execution';
import type {
  CallToken,
  Journal,
  JournalCommand,
  JournalEntry,
  ParticipantResult,
  StepError,
} from '@intendant/intent-model';
import type { Result } from '@intendant/kernel';

/** One delivery of one attempt of a step, or of its undo, to a participant. */
export interface Delivery {
  readonly state: ExecutionState;
  readonly call: CallTerms;
  readonly callToken: CallToken;
  /** 1 + definite failures: business retries. */
  readonly logicalAttempt: number;
  /** 1 + redeliveries after a crash or an unknown outcome. */
  readonly deliveryAttempt: number;
  /** Of a saga as code; null for any other call. */
  readonly journal: Journal | null;
}

/** How a delivery ended. `unknown` is a lost outcome; a participant that was never reached is a definite failure. */
export type DeliveryOutcome =
  | { readonly kind: 'succeeded'; readonly result: ParticipantResult; readonly commands?: readonly JournalCommand[] }
  | { readonly kind: 'failed'; readonly error: StepError; readonly commands?: readonly JournalCommand[] }
  | { readonly kind: 'suspended'; readonly seen: number; readonly commands: readonly JournalCommand[] }
  | { readonly kind: 'unknown'; readonly error: StepError; readonly commands?: readonly JournalCommand[] };

/** Reaches participants. Never rejects: whatever goes wrong is an outcome. */
export interface Dispatcher {
  deliver(delivery: Delivery): Promise<DeliveryOutcome>;
  /** Asks whoever works on a delivery to stop. It resolves at once; what still comes of it comes late. */
  cancel(delivery: Delivery, reason: string): void;
}

/** What the handler of a saga as code reports while it runs. */
export interface JournalReport {
  readonly stepId: string;
  readonly callToken: CallToken;
  readonly commands: readonly JournalCommand[];
}

/** Entries of what was reported; or why nothing of it was recorded. */
export type ReportOutcome =
  | { readonly kind: 'recorded'; readonly entries: readonly JournalEntry[]; readonly held: readonly string[] }
  | { readonly kind: 'superseded' }
  | { readonly kind: 'violation'; readonly expected: string; readonly actual: string };

/** Looks up what undoes an operation of a saga as code that `service` serves; or why that intent cannot. */
export type UndoLookup = (
  intent: string,
  service: string,
) => Result<Pick<RegisteredCompensation, 'capability' | 'service' | 'timeoutMs'>, StepError>;

/** Starts child executions. Asking twice for the same child is harmless. Rejects when it cannot say yet. */
export interface ChildExecutions {
  ensure(
    parent: ExecutionState,
    childId: string,
    child: OpenChild,
  ): Promise<{ readonly kind: 'accepted' } | { readonly kind: 'rejected'; readonly error: StepError }>;
}

/** What became of a signal that policy allowed. */
export type SignalOutcome =
  | { readonly kind: 'applied'; readonly state: ExecutionState; readonly appliedSeq: number }
  /** The same signal was applied before: nothing happened now. */
  | { readonly kind: 'known'; readonly state: ExecutionState }
  | { readonly kind: 'refused'; readonly refusal: SignalRefusal }
  | { readonly kind: 'draining' };

/** What the supervisor reports; never waits for an answer. */
export interface SupervisorEvents {
  /** After every durable entry of an execution; `before` is the status it had. */
  applied(state: ExecutionState, before: ExecutionStatus): void;
  /** An execution cannot go on in this process; a defect, or the log takes no appends any more. */
  broken(executionId: string, error: Error): void;
  /** A call ended whose execution is another process's by now. */
  late?(delivery: Delivery, outcome: DeliveryOutcome['kind']): void;
  /** A durable timer fired, so many milliseconds after the instant it was due. */
  timerFired?(lateMs: number): void;
  /** A partition cannot be recovered; nothing of it is served. */
  halted(partition: number, error: Error): void;
}
