import type { Clock, Scheduler } from '@intendant/kernel';
import type { PartitionStore } from '@intendant/wal';
import type { LiveRefusal } from './live-executions.js';
import type { LogWriter } from './log-writer.js';
import type { ChildExecutions, Dispatcher, SupervisorEvents, UndoLookup } from './ports.js';

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
  /** Executions that may be live at once before new intents are refused. */
  readonly liveMax?: number;
  /** How many of them one tenant may have before its own new intents are refused; half unless given. */
  readonly livePerTenantMax?: number;
  /** Longest time between two looks at the clock; only a clock that cannot jump may do with fewer. */
  readonly lookAgainMs?: number;
}

export type AcceptOutcome =
  | { readonly kind: 'accepted' | 'existing'; readonly executionId: string; readonly fingerprint: string }
  | LiveRefusal
  | { readonly kind: 'draining' };
