import type { Readable } from 'node:stream';
import type { Artifact, ContentDescriptor, ParticipantResult } from '@intendant/intent-model';

/** Everything a handler may touch, frozen; limited to what the recorded decision allowed. */
export interface HandlerContext {
  readonly executionId: string;
  readonly stepId: string;
  /** The same over attempts, restarts and owners; what makes an effect single when the handler honours it. */
  readonly idempotencyKey: string;
  /** `undo` when this call compensates a step. */
  readonly direction: 'forward' | 'undo';
  /** What is undone: the key of the step, which must never have an effect again, and what it returned, if it did. */
  readonly undoes: { readonly idempotencyKey: string; readonly result: ParticipantResult | null } | null;
  readonly tenantId: string;
  readonly userId: string;
  readonly roles: readonly string[];
  readonly correlationId: string;
  /** 1 for the first business attempt. */
  readonly logicalAttempt: number;
  /** 1 for the first delivery of this attempt; higher after a crash or timeout. */
  readonly deliveryAttempt: number;
  /** Boundary contract of this intent, when its decision proposes or activates one. */
  readonly boundaryContractId: string | null;
  /** Milliseconds since the epoch by this process's clock; the signal is aborted then. */
  readonly deadlineAtMs: number;
  /** Aborted on cancel, deadline and shutdown. */
  readonly signal: AbortSignal;
  readonly log: HandlerLog;
  readonly references: ReferenceReads;
  readonly content: ContentAccess;
  readonly state: StateReads;
}

/** What the log knows about the references in the payload. */
export interface ReferenceReads {
  /** The artifact with this id; throws `reference_not_allowed` when the decision did not allow it. */
  artifact(artifactId: string): Artifact;
  /** The content behind a reference: of `content://…` itself, or of an artifact's first rendering. */
  content(reference: string): ContentDescriptor;
}

export interface ContentAccess {
  /** Streams the bytes of an allowed reference (`content://…`). Verified against its digest while it flows. */
  read(ref: string): Promise<Readable>;
  /** Stores bytes under their digest and returns the reference to put into a rendering. */
  write(stream: Readable | Uint8Array | string): Promise<ContentDescriptor>;
}

export interface StateReads {
  /** Last committed value of a key, or null. */
  get(scope: 'session' | 'execution', key: string): Promise<unknown>;
}

export interface HandlerLog {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** A failure that the handler can name. Final unless `retryable`. */
export class StepFailure extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly options: { readonly retryable?: boolean; readonly details?: Record<string, unknown> } = {},
  ) {
    super(message);
    this.name = 'StepFailure';
  }
}
