import { z } from 'zod';
import { ParticipantResult } from './artifact.js';
import { JournalPlace } from './journal.js';
import { Instant, JsonValueSchema } from './names.js';
import { ParticipantCall } from './participant-protocol.js';
import { StepError } from './step-error.js';

/**
 * RPC `participant.replay`, Runtime → participant: run the handler once more, in isolation, on what was recorded. The grant of
 * the call reads what the recorded decision allowed, and nothing else.
 */
export const ReplayCall = z.object({
  call: ParticipantCall,
  /** When the step began: a handler's deadline counts from here. */
  startedAt: Instant,
  /** State of the execution as it was then. */
  state: z.array(z.object({ key: z.string(), value: JsonValueSchema })),
});
export type ReplayCall = z.infer<typeof ReplayCall>;

/** Why a handler was not run again, or was stopped. */
export const ReplayRefusalCode = z.enum(['live_effect_refused', 'state_not_recorded', 'not_isolated', 'not_served']);
export type ReplayRefusalCode = z.infer<typeof ReplayRefusalCode>;

/** Reply to `participant.replay`. Nothing of it is recorded but the verdict that the Runtime makes of it. */
export const ReplayAnswer = z.discriminatedUnion('status', [
  z.object({ status: z.literal('succeeded'), result: ParticipantResult }),
  z.object({ status: z.literal('failed'), error: StepError }),
  /** A saga as code that waits where it waited. */
  z.object({ status: z.literal('suspended') }),
  /** A saga as code that did something else than before; `recorded` is the operation it did not do, when there is one. */
  z.object({
    status: z.literal('diverged'),
    expected: z.string(),
    actual: z.string(),
    recorded: JournalPlace.nullable().optional(),
  }),
  z.object({ status: z.literal('refused'), code: ReplayRefusalCode, message: z.string() }),
]);
export type ReplayAnswer = z.infer<typeof ReplayAnswer>;
