import type {
  CallToken,
  Intent,
  JournalCommand,
  ParticipantResult,
  PolicyDecision,
  ResolvedCapability,
  StepError,
} from '@intendant/intent-model';
import type { JsonValue } from '@intendant/kernel';
import type { Attribution, RecordData } from '@intendant/wal';
import type { ExecutionState, RegisteredCompensation } from './state.js';

export interface AcceptCommand {
  readonly kind: 'accept';
  readonly attribution: Attribution;
  readonly intent: Intent;
  readonly fingerprint: string;
  readonly keyDigest: string | null;
  readonly decision: PolicyDecision;
  readonly capabilities: readonly ResolvedCapability[];
  readonly registryRevision: number;
  readonly terms: RecordData<'intent.accepted'>;
}

/** Which attempt of what: of the step, or of its undo. */
interface OfAttempt {
  readonly stepId: string;
  readonly direction: 'forward' | 'undo';
  readonly attempt: number;
  /** Milliseconds since the epoch by the owner's clock. */
  readonly nowMs: number;
}

export interface StepSucceededCommand extends OfAttempt {
  readonly kind: 'step_succeeded';
  readonly result: ParticipantResult;
  /** What the handler of a saga as code did since it last said so. */
  readonly journal?: JournalBatch;
}

export interface StepFailedCommand extends OfAttempt {
  readonly kind: 'step_failed';
  readonly error: StepError;
  readonly outcome: 'definite' | 'unknown';
  readonly journal?: JournalBatch;
}

/** Operations of a handler, with what undoes them looked up. */
export interface JournalBatch {
  readonly commands: readonly JournalCommand[];
  /** What undoes an operation, for those that may begin and name something. */
  readonly undos?: ReadonlyMap<JournalCommand, RegisteredCompensation>;
  /** Operations that may not begin, since what they name to undo them cannot, and why. */
  readonly refused?: ReadonlyMap<JournalCommand, StepError>;
}

/** The handler of a saga as code reports what it did, and goes on. */
export interface JournalReported extends OfAttempt {
  readonly kind: 'journal';
  readonly journal: JournalBatch;
}

/** The handler waits for something durable and is gone. */
export interface StepSuspendedCommand extends OfAttempt {
  readonly kind: 'step_suspended';
  /** The journal's version that it had seen. */
  readonly seen: number;
  readonly journal: JournalBatch;
}

export interface ChildSettledCommand {
  readonly kind: 'child_settled';
  readonly childId: string;
  readonly status: RecordData<'child.settled'>['status'];
  readonly result: JsonValue;
  readonly error: StepError | null;
  readonly nowMs: number;
}

/** A child does not move by itself any more, and has not ended. */
export interface ChildStuckCommand {
  readonly kind: 'child_stuck';
  readonly childId: string;
  readonly reason: string;
  readonly nowMs: number;
}

export interface TimerFiredCommand {
  readonly kind: 'timer_fired';
  readonly timerId: string;
  readonly nowMs: number;
}

export interface CallSupersededCommand {
  readonly kind: 'call_superseded';
  readonly stepId: string;
  readonly callToken: CallToken;
  readonly outcome: string;
}

export type SignalType =
  | 'pause'
  | 'resume'
  | 'cancel'
  | 'retry_step'
  | 'skip_step'
  | 'resolve_step'
  | 'compensate'
  | 'approve'
  | 'deny'
  | 'application'
  | 'update_params'
  | 'inject_override'
  | 'escalate_alert'
  | 'emergency_stop'
  | 'claim';

/** A signal that policy allowed; what it may do now is judged by {@link judgeSignal} first. */
export interface SignalCommand {
  readonly kind: 'signal';
  readonly signalId: string;
  readonly signalType: SignalType;
  readonly payload: { readonly [key: string]: JsonValue };
  readonly payloadDigest: string;
  readonly reason: string | null;
  /** `user:<id>` */
  readonly actor: string;
  readonly decision: { readonly decisionId: string; readonly policyRevision: number; readonly role: string };
  readonly nowMs: number;
  /** What lay over the payload, or over the input of the step, when the door checked what this signal makes of it. */
  readonly checkedOver?: ExecutionState['params'];
}

/** A member that the door has checked to be text. */
export function textIn(payload: SignalCommand['payload'], name: string): string {
  const value = payload[name];
  return typeof value === 'string' ? value : '';
}

export type ExecutionCommand =
  | AcceptCommand
  | StepSucceededCommand
  | StepFailedCommand
  | JournalReported
  | StepSuspendedCommand
  | ChildSettledCommand
  | ChildStuckCommand
  | TimerFiredCommand
  | CallSupersededCommand
  | SignalCommand;
