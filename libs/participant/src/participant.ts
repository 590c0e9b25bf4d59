import type { Intent, ParticipantResult } from '@intendant/intent-model';
import type { SagaContext } from './durable/saga-context.js';
import type { HandlerContext } from './handler.js';

export * from './handler.js';

/** A domain service: says what it answers and answers it. No side effects beyond the result and content written. */
export interface RuntimeParticipant {
  getSupportedIntents(): readonly string[];
  /** Throws {@link StepFailure} for a failure with a code; any other error counts as retryable `handler_failed`. */
  handleIntent(intent: Intent, context: HandlerContext): Promise<ParticipantResult>;
  /**
   * True says that every effect of its handlers goes through their context, so that they may run again for a replay.
   * Handlers of capabilities without side effects may anyway, and sagas as code: their actions are not run again.
   */
  readonly isolated?: boolean;
  /** Answers the capabilities that are declared `durable`: sagas as code. */
  handleSaga?(intent: Intent, context: SagaContext): Promise<ParticipantResult>;
}
