import type { CallOutcome, ParticipantCall } from '@intendant/intent-model';

/** One action inside the handler of a saga as code. */
export interface WorldAction {
  readonly executionId: string;
  readonly stepId: string;
  readonly attempt: number;
}

/** What may go wrong between a Runtime and its participants, and in its log. */
export interface Faults {
  /** Instead of, or after, the participant's work; `deliver` does the work and gives its answer. */
  readonly onCall: (call: ParticipantCall, deliver: () => Promise<CallOutcome>) => Promise<CallOutcome | 'lost'>;
  /** Instead of, or after, what a step of a saga as code does. */
  readonly onAction: <T>(action: WorldAction, act: () => Promise<T>) => Promise<T>;
  /** Whether the process dies at its n-th append, and on which side of the sync. */
  readonly onAppend: (n: number) => 'durable' | 'dies_before' | 'dies_after';
}

export const NO_FAULTS: Faults = {
  onCall: (_call, deliver) => deliver(),
  onAction: (_action, act) => act(),
  onAppend: () => 'durable',
};
