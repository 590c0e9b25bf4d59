import { digestOf } from '@intendant/kernel';
import type { ExecutionState, StepState } from './state.js';

/** Members that came after the first logs were written; each is left out while it says nothing. */
const LATER = {
  expansions: {},
  approval: null,
  pausedBecause: null,
  unwinding: null,
  signals: {},
  params: null,
  overrides: {},
  durable: null,
} as const satisfies Partial<ExecutionState>;

/**
 * Digest of a folded state. It covers what the log says and not how this version keeps it, so that a log that was written
 * by an earlier version folds to the digest it had then.
 */
export function stateDigestOf(state: ExecutionState): string {
  // who changed the payload, and when, is in the signals' records
  const { recordingStepId: _passing, changedBy: _changers, expandedWith: _then, steps, durable, ...rest } = state;
  const kept = { ...rest, durable: durable === null ? null : journalOnly(durable) };
  const said = Object.fromEntries(Object.entries(kept).filter(([name, value]) => !saysNothing(name, value)));
  return digestOf({ ...said, steps: Object.fromEntries(Array.from(steps, (step) => [step.stepId, bare(step)])) });
}

/** How often the handler was tried is in its step. */
function journalOnly({
  attemptBase: _forgiven,
  undelivered: _too,
  ...said
}: NonNullable<ExecutionState['durable']>): object {
  return { ...said, journal: [...said.journal] };
}

function saysNothing(name: string, value: unknown): boolean {
  if (!Object.hasOwn(LATER, name)) return false;
  if (value === null) return true;
  return typeof value === 'object' && !Array.isArray(value) && name !== 'durable' && Object.keys(value).length === 0;
}

/** Of a step: what it is beyond its records' places, its input, and its result, which is in the execution's lists already. */
function bare({
  endedSeq: _endedSeq,
  result: _result,
  params: _params,
  undo,
  registered,
  retry,
  inner,
  ...step
}: StepState): object {
  return {
    ...step,
    ...(undo === null ? {} : { undo }),
    ...(registered === null ? {} : { registered }),
    ...(retry === null ? {} : { retry }),
    ...(inner ? { inner } : {}),
  };
}
