import type { CallOutcome, ParticipantCall } from '@intendant/intent-model';

/** What may go wrong between a Runtime and its participants, and in its log. */
export interface Faults {
  /** Instead of, or after, the participant's work; `deliver` does the work and gives its answer. */
  readonly onCall: (call: ParticipantCall, deliver: () => Promise<CallOutcome>) => Promise<CallOutcome | 'lost'>;
  /** Whether the process dies at its n-th append, and on which side of the sync. */
  readonly onAppend: (n: number) => 'durable' | 'dies_before' | 'dies_after';
}

export const NO_FAULTS: Faults = {
  onCall: (_call, deliver) => deliver(),
  onAppend: () => 'durable',
};
