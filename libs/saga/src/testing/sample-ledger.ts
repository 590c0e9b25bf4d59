import type { ResolvedStep } from '@intendant/intent-model';
import type { LedgerStep, SagaLedger } from '../ledger.js';

const NO_RETRY = { attemptsMax: 1, capMs: 1_000, factor: 2, initialMs: 1_000, nonRetryableCodes: [] };
const CAPABILITY = { name: 'demo.work', version: '1.0.0' };

/** A step of a plan that can be undone; `more` bends it. */
export const sampleStep = (
  stepId: string,
  dependsOn: string[] = [],
  more: Partial<ResolvedStep> = {},
): ResolvedStep => ({
  capability: CAPABILITY,
  compensateSelfOnFailure: false,
  compensation: { capability: CAPABILITY, intent: 'demo.undo', retry: NO_RETRY, timeoutMs: 1_000 },
  dependsOn,
  intent: 'demo.work',
  pivot: false,
  retry: NO_RETRY,
  sideEffects: 'effectful',
  skipTags: [],
  stepId,
  timeoutMs: 1_000,
  unknownOutcome: 'rerun',
  ...more,
});

export const ledgerStep = (
  stepId: string,
  status: LedgerStep['status'],
  more: Partial<LedgerStep> = {},
): LedgerStep => ({
  stepId,
  status,
  errorOutcome: status === 'failed' ? 'definite' : null,
  error: null,
  endedSeq: null,
  compensateSelfOnFailure: false,
  compensable: true,
  undo: 'none',
  inner: false,
  ...more,
});

/** A saga in flight: its plan, where its steps stand, and what else is known. */
export const sampleLedger = (
  steps: readonly ResolvedStep[],
  known: readonly LedgerStep[] = [],
  more: Partial<SagaLedger> & { readonly concurrencyMax?: number; readonly timers?: readonly string[] } = {},
): SagaLedger => ({
  plan: { concurrencyMax: more.concurrencyMax ?? 1, steps: [...steps] },
  steps: Object.fromEntries(known.map((one) => [one.stepId, one])),
  expansions: {},
  isTimerSet: (timerId) => more.timers?.includes(timerId) ?? false,
  attemptOf: () => 1,
  skipTags: [],
  ...more,
});
