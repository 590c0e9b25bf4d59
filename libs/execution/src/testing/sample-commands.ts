import type { Intent, ParticipantResult } from '@intendant/intent-model';
import { digestOf } from '@intendant/kernel';
import {
  SAMPLE_DATA,
  SAMPLE_IDS,
  sampleArtifact,
  sampleAttribution,
  sampleCapability,
  sampleDecision,
  sampleError,
  sampleIntent,
} from '@intendant/wal/testing';
import type { AcceptCommand, StepFailedCommand, StepSucceededCommand } from '../commands.js';
import { MAIN_STEP } from '../plan-of.js';

type Terms = AcceptCommand['terms'];

export const NOW_MS = Date.parse(SAMPLE_IDS.at);

/** Acceptance of a sound one-step intent; `terms` and `changes` bend it. */
export function acceptCommand(
  terms: Partial<Terms> = {},
  changes: Partial<AcceptCommand> = {},
  payload?: Intent['payload'],
): AcceptCommand {
  const intent = sampleIntent(payload);
  return {
    kind: 'accept',
    attribution: sampleAttribution(),
    intent,
    fingerprint: digestOf(['fingerprint', intent.payload]),
    keyDigest: null,
    decision: sampleDecision(intent),
    capabilities: [sampleCapability()],
    registryRevision: 7,
    terms: { ...SAMPLE_DATA['intent.accepted'], ...terms },
    ...changes,
  };
}

/** The same of an intent that somebody must approve first. */
export function needingApproval(timeoutSeconds: number | null = null, terms: Partial<Terms> = {}): AcceptCommand {
  const { obligations, ...decision } = sampleDecision();
  if (obligations === null) throw new Error('the sample decision allows');
  const approval = { timeoutSeconds };
  return acceptCommand(terms, {
    decision: { ...decision, effect: 'require_approval', obligations: { ...obligations, approval } },
  });
}

/** A result with something of everything. */
export const sampleResult = (): ParticipantResult => ({
  artifacts: [sampleArtifact('table_1'), { ...sampleArtifact('note_1'), resultType: 'note', renderings: [] }],
  events: [{ eventType: 'content.parsed', data: { rows: 2 } }],
  stateChanges: [{ scope: 'session', key: 'last', value: { table: 'table_1' } }],
});

export const succeeded = (attempt: number, result = sampleResult()): StepSucceededCommand => ({
  kind: 'step_succeeded',
  stepId: MAIN_STEP,
  direction: 'forward',
  attempt,
  result,
  nowMs: NOW_MS,
});

export const failed = (
  attempt: number,
  { retryable = true, outcome = 'definite' as StepFailedCommand['outcome'], code = 'upstream_down' } = {},
): StepFailedCommand => ({
  kind: 'step_failed',
  stepId: MAIN_STEP,
  direction: 'forward',
  attempt,
  error: sampleError(retryable, code),
  outcome,
  nowMs: NOW_MS,
});

export const fired = (attempt: number) =>
  ({ kind: 'timer_fired', timerId: `retry/${MAIN_STEP}/${attempt}`, nowMs: NOW_MS }) as const;

export const superseded = (n = 1) =>
  ({ kind: 'call_superseded', stepId: MAIN_STEP, callToken: { epoch: 1, n }, outcome: 'succeeded' }) as const;
