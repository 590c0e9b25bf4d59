import type { Clock, Scheduler } from '@intendant/kernel';
import type { PartitionStore } from '@intendant/wal';
import type { LogWriter } from './log-writer.js';
import type { ChildExecutions, Dispatcher, SupervisorEvents, UndoLookup } from './ports.js';

/** Executions that may be unsettled at once; beyond it new intents are refused, not queued. */
export const LIVE_MAX_DEFAULT = 20_000;

export interface SupervisorOptions {
  readonly log: LogWriter;
  readonly store: PartitionStore;
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly events: SupervisorEvents;
  /** What undoes operations of sagas as code; without it none can be registered. */
  readonly lookUpUndo?: UndoLookup;
  readonly children?: ChildExecutions;
  readonly liveMax?: number;
  /** Longest time between two looks at the clock; only a clock that cannot jump may do with fewer. */
  readonly lookAgainMs?: number;
}

export type AcceptOutcome =
  | { readonly kind: 'accepted' | 'existing'; readonly executionId: string; readonly fingerprint: string }
  | { readonly kind: 'overloaded' | 'draining' };
