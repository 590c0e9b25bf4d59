import type { CallTerms } from '@intendant/execution';
import type { CallToken } from '@intendant/intent-model';
import { callNameOf, type LiveExecution } from './live-execution.js';
import { journalOf } from './outcome-command.js';
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
