import type { ResolvedPlan, ResolvedStep, StepError } from '@intendant/intent-model';
import { sampleCapability, sampleError } from '@intendant/wal/testing';
import type { AcceptCommand, SignalCommand, SignalType, StepFailedCommand, StepSucceededCommand } from '../commands.js';
import { acceptCommand, NOW_MS } from './sample-commands.js';

const { name, version } = sampleCapability();
const NO_RETRY = { attemptsMax: 1, capMs: 1_000, factor: 2, initialMs: 1_000, nonRetryableCodes: [] };

/** A step that is undone by an intent of its own and not retried, unless `changes` say otherwise. */
export function planStep(stepId: string, dependsOn: string[] = [], changes: Partial<ResolvedStep> = {}): ResolvedStep {
  return {
    capability: { name, version },
    compensateSelfOnFailure: false,
    compensation: { capability: { name, version }, intent: name, retry: NO_RETRY, timeoutMs: 1_000 },
    dependsOn,
    intent: name,
    pivot: false,
    retry: NO_RETRY,
    sideEffects: 'effectful',
    skipTags: [],
    stepId,
    timeoutMs: 1_000,
    unknownOutcome: 'rerun',
    ...changes,
  };
}

/** Steps one after the other. */
export const chainOf = (...stepIds: readonly string[]): ResolvedPlan => ({
  concurrencyMax: 1,
  steps: stepIds.map((stepId, position) => planStep(stepId, position === 0 ? [] : [stepIds[position - 1] as string])),
});

export const acceptPlan = (plan: ResolvedPlan, terms: Partial<AcceptCommand['terms']> = {}): AcceptCommand =>
  acceptCommand({ ...terms, plan });

export const done = (stepId: string, attempt = 1): StepSucceededCommand => ({
  kind: 'step_succeeded',
  stepId,
  direction: 'forward',
  attempt,
  result: { artifacts: [], events: [{ eventType: 'saga.stepped', data: { stepId } }], stateChanges: [] },
  nowMs: NOW_MS,
});

export const undone = (stepId: string, attempt = 1): StepSucceededCommand => ({
  ...done(stepId, attempt),
  direction: 'undo',
});

interface Failure {
  readonly attempt?: number;
  readonly retryable?: boolean;
  readonly outcome?: 'definite' | 'unknown';
  readonly direction?: 'forward' | 'undo';
  readonly error?: StepError;
}

export const broke = (stepId: string, how: Failure = {}): StepFailedCommand => ({
  kind: 'step_failed',
  stepId,
  direction: how.direction ?? 'forward',
  attempt: how.attempt ?? 1,
  error: how.error ?? sampleError(how.retryable ?? true),
  outcome: how.outcome ?? 'definite',
  nowMs: NOW_MS,
});

let signalCount = 0;

export function signal(signalType: SignalType, payload: SignalCommand['payload'] = {}): SignalCommand {
  signalCount += 1;
  return {
    kind: 'signal',
    signalId: `0190a5d4-7c7b-7000-8000-${signalCount.toString(16).padStart(12, '0')}`,
    signalType,
    payload,
    payloadDigest: 'd'.repeat(64),
    reason: 'because',
    actor: 'user:ada',
    decision: { decisionId: `dec_${'5d'.repeat(16)}`, policyRevision: 3, role: 'operator' },
    nowMs: NOW_MS,
  };
}
