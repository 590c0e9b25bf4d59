import {
  type CallTerms,
  type DurableState,
  type ExecutionState,
  type StepState,
  VERSION_OF_CHILD,
} from '@intendant/execution';
import type { CallToken, Journal, JournalEntry } from '@intendant/intent-model';
import { callNameOf, type LiveExecution } from './live-execution.js';
import type { Delivery } from './ports.js';

/** The next delivery of a call that an execution owes. */
export function deliveryOf(live: LiveExecution, terms: CallTerms, callToken: CallToken): Delivery {
  const { state } = live;
  const durable = terms.direction === 'forward' ? state.durable : null;
  return {
    state,
    call: terms,
    callToken,
    logicalAttempt: 1 + terms.definiteFailures,
    journal: durable === null ? null : journalOf(durable, state),
    deliveryAttempt: 1 + terms.unknownOutcomes + (live.found.has(callNameOf(terms)) ? 1 : 0),
  };
}

/** The journal as a call carries it. */
const journalOf = ({ version, journal }: DurableState, { steps, unwinding }: ExecutionState): Journal => ({
  version,
  mode: unwinding === null ? 'run' : 'drain',
  entries: Array.from(journal, (entry) => (entry.kind === 'child' ? withIntent(entry, steps.get(entry.id)) : entry)),
});

/** An id does not say whose result it is. In logs from before it was refused a step may have taken the name of a child. */
function withIntent(entry: JournalEntry, step: StepState | undefined): JournalEntry {
  if (step?.capability.version !== VERSION_OF_CHILD) return entry;
  return { ...entry, asked: { intentType: step.capability.name } };
}

/** How long somebody who can be called is looked for before the execution sleeps over it. */
const RESUME_PATIENCE_MS = 30_000;

/** A handler that has begun is to be called again. */
export const isResume = ({ journal }: Pick<Delivery, 'journal'>): boolean =>
  journal?.mode === 'run' && journal.entries.length > 0;

/** How long a call that nobody can take waits for somebody who can. A handler's time is for what it does, and may be hours. */
export const patienceMsOf = (delivery: Delivery): number =>
  isResume(delivery) ? Math.min(delivery.call.timeoutMs, RESUME_PATIENCE_MS) : delivery.call.timeoutMs;
