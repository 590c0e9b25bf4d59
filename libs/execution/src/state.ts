import type {
  Artifact,
  DomainEvent,
  Intent,
  PolicyDecision,
  ResolvedCapability,
  StateChange,
  StepError,
} from '@intendant/intent-model';
import type { StepStatus } from '@intendant/saga';
import type { Attribution, RecordData } from '@intendant/wal';

/** `rejected` never shows here: a refused intent has no execution. */
export type ExecutionStatus = 'none' | 'running' | 'waiting' | 'completed' | 'failed' | 'stuck';

export const isSettled = (status: ExecutionStatus): boolean =>
  status === 'completed' || status === 'failed' || status === 'stuck';

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
}

export interface RecordedArtifact {
  readonly artifact: Artifact;
  readonly disposition: 'persist' | 'cache' | 'discard';
  readonly digest: string;
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
  readonly steps: Readonly<Record<string, StepState>>;
  /** Timers that are set and have not fired: id → due instant. */
  readonly timers: Readonly<Record<string, string>>;
  readonly artifacts: readonly RecordedArtifact[];
  readonly events: readonly (DomainEvent & { readonly eventId: string })[];
  readonly stateChanges: readonly StateChange[];
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
  steps: {},
  timers: {},
  artifacts: [],
  events: [],
  stateChanges: [],
  error: null,
  stuckReason: null,
  acceptedAt: null,
  settledAt: null,
  lastSeq: 0,
});
