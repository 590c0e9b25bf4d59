/** Where a step stands; only the log moves it. */
export type StepStatus = 'never_started' | 'started' | 'awaiting_retry' | 'succeeded' | 'failed';

/** What the log may say about a step. `failed` ends an attempt; whether it ends the step, the next record says. */
export type StepEvent = 'started' | 'succeeded' | 'failed' | 'retry_scheduled';

const NEXT: Record<StepStatus, Partial<Record<StepEvent, StepStatus>>> = {
  never_started: { started: 'started' },
  started: { succeeded: 'succeeded', failed: 'failed' },
  failed: { retry_scheduled: 'awaiting_retry' },
  awaiting_retry: { started: 'started' },
  succeeded: {},
};

/** The automaton of one step: total over legal events, undefined for an illegal one. */
export const nextStepStatus = (status: StepStatus, event: StepEvent): StepStatus | undefined => NEXT[status][event];
