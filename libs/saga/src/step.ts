/** Where a step stands; only the log moves it. `suspended`: a saga as code that waits for something durable. */
export type StepStatus =
  | 'never_started'
  | 'started'
  | 'suspended'
  | 'awaiting_retry'
  | 'succeeded'
  | 'failed'
  | 'skipped';

/** What the log may say about a step. `failed` ends an attempt; whether it ends the step, the next record says. */
export type StepEvent =
  | 'started'
  | 'succeeded'
  | 'failed'
  | 'retry_scheduled'
  | 'skipped'
  | 'resolved'
  | 'suspended'
  | 'resumed';

/** The outcome a person resolves a step to is in the record; the automaton knows that there is one. */
const RESOLVED: StepStatus = 'succeeded';

const NEXT: Record<StepStatus, Partial<Record<StepEvent, StepStatus>>> = {
  never_started: { started: 'started', skipped: 'skipped' },
  started: { succeeded: 'succeeded', failed: 'failed', suspended: 'suspended' },
  suspended: { resumed: 'started', failed: 'failed' },
  failed: { retry_scheduled: 'awaiting_retry', skipped: 'skipped', resolved: RESOLVED },
  awaiting_retry: { started: 'started', skipped: 'skipped', resolved: RESOLVED },
  succeeded: {},
  skipped: {},
};

/** The automaton of one step: total over legal events, undefined for an illegal one. */
export const nextStepStatus = (status: StepStatus, event: StepEvent): StepStatus | undefined => NEXT[status][event];

/** Where the undo of a step stands. */
export type UndoStatus = 'none' | 'started' | 'awaiting_retry' | 'succeeded' | 'failed' | 'skipped';

export type UndoEvent = 'started' | 'succeeded' | 'failed' | 'retry_scheduled' | 'skipped';

const NEXT_UNDO: Record<UndoStatus, Partial<Record<UndoEvent, UndoStatus>>> = {
  none: { started: 'started', skipped: 'skipped' },
  started: { succeeded: 'succeeded', failed: 'failed' },
  failed: { retry_scheduled: 'awaiting_retry', skipped: 'skipped' },
  awaiting_retry: { started: 'started', skipped: 'skipped' },
  succeeded: {},
  skipped: {},
};

/** The automaton of one step's undo. */
export const nextUndoStatus = (status: UndoStatus, event: UndoEvent): UndoStatus | undefined =>
  NEXT_UNDO[status][event];
