import type {
  DomainEvent,
  Intent,
  PolicyDecision,
  ResolvedCapability,
  StateChange,
  StepError,
  StoredArtifact,
} from '@intendant/intent-model';
import type { JsonValue } from '@intendant/kernel';
import type { Attribution, RecordData } from '@intendant/wal';
import type { DurableState } from './durable-state.js';
import { Steps } from './steps.js';

export type { RegisteredCompensation, StepState, UndoState } from './step-state.js';

/** `rejected` never shows here: a refused intent has no execution. */
export type ExecutionStatus =
  | 'none'
  | 'running'
  | 'waiting'
  | 'paused'
  | 'compensating'
  | 'completed'
  | 'failed'
  | 'cancelled'
  | 'compensated'
  | 'stuck';

const SETTLED: ReadonlySet<ExecutionStatus> = new Set(['completed', 'failed', 'cancelled', 'compensated', 'stuck']);

/** It does not move by itself any more. */
export const isSettled = (status: ExecutionStatus): boolean => SETTLED.has(status);

/** It never moves again; a stuck execution may, by a recorded action of a person. */
export const isTerminal = (status: ExecutionStatus): boolean => status !== 'stuck' && SETTLED.has(status);

export interface RecordedArtifact {
  readonly artifact: StoredArtifact;
  readonly disposition: 'persist' | 'cache' | 'discard';
  readonly digest: string;
}

/** Why and where to a saga turned round. */
export interface Unwinding {
  readonly target: 'compensated' | 'cancelled';
  readonly error: StepError | null;
  readonly stepId: string | null;
}

/** One execution as the log tells it. Nothing here comes from anywhere else. */
export interface ExecutionState {
  readonly executionId: string;
  readonly status: ExecutionStatus;
  readonly attribution: Attribution | null;
  /** With payload, as accepted. */
  readonly intent: Intent | null;
  readonly fingerprint: string | null;
  readonly keyDigest: string | null;
  readonly decision: PolicyDecision | null;
  readonly capabilities: readonly ResolvedCapability[];
  readonly terms: RecordData<'intent.accepted'> | null;
  readonly steps: Steps;
  /** Fan-outs that met their list: step id → number of copies. */
  readonly expansions: Readonly<Record<string, number>>;
  /** Timers that are set and have not fired: id → due instant. */
  readonly timers: Readonly<Record<string, string>>;
  readonly artifacts: readonly RecordedArtifact[];
  readonly events: readonly (DomainEvent & { readonly eventId: string })[];
  readonly stateChanges: readonly StateChange[];
  /** The step whose result is being recorded. */
  readonly recordingStepId: string | null;
  /** Of an intent that somebody must approve before its first step; null for any other. */
  readonly approval: 'awaited' | 'given' | null;
  /** Who changed its payload while it was awaited, once for each change. */
  readonly changedBy: readonly string[];
  readonly pausedBecause: string | null;
  readonly unwinding: Unwinding | null;
  /** Signals that were applied: id → type and digest of the payload. */
  readonly signals: Readonly<Record<string, { readonly signalType: string; readonly payloadDigest: string }>>;
  /** What people put over the payload and over inputs of steps that have not started. */
  readonly params: { readonly [key: string]: JsonValue } | null;
  /** The same as it was when a fan-out met its list: step id → what lay over the payload of its copies. */
  readonly expandedWith: Readonly<Record<string, { readonly [key: string]: JsonValue } | null>>;
  readonly overrides: Readonly<Record<string, { readonly [key: string]: JsonValue }>>;
  /** The journal of a saga as code; null for any other. */
  readonly durable: DurableState | null;
  readonly error: StepError | null;
  readonly stuckReason: string | null;
  readonly acceptedAt: string | null;
  readonly settledAt: string | null;
  readonly lastSeq: number;
}

export const noExecution = (executionId: string): ExecutionState => ({
  executionId,
  status: 'none',
  attribution: null,
  intent: null,
  fingerprint: null,
  keyDigest: null,
  decision: null,
  capabilities: [],
  terms: null,
  steps: Steps.none,
  expansions: {},
  timers: {},
  artifacts: [],
  events: [],
  stateChanges: [],
  recordingStepId: null,
  approval: null,
  changedBy: [],
  pausedBecause: null,
  unwinding: null,
  signals: {},
  params: null,
  expandedWith: {},
  overrides: {},
  durable: null,
  error: null,
  stuckReason: null,
  acceptedAt: null,
  settledAt: null,
  lastSeq: 0,
});
