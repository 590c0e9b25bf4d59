import type { Intent, ParticipantResult } from '@intendant/intent-model';
import { type HandlerContext, type RuntimeParticipant, type SagaContext, StepFailure } from '@intendant/participant';
import { Injectable } from '@nestjs/common';
import { createRoadmap } from './create-roadmap.js';
import { establishContext } from './establish-context.js';
import { mashData } from './mash-data.js';

const HANDLERS: ReadonlyMap<string, (intent: Intent, context: HandlerContext) => Promise<ParticipantResult>> = new Map([
  ['solution.establish_context', establishContext],
  ['solution.create_roadmap', createRoadmap],
]);

const MASH_DATA = 'solution.mash_data';

/** States what a solution is for and lays out how to get there. */
@Injectable()
export class SolutionParticipant implements RuntimeParticipant {
  /** Handlers touch nothing but their context: a replay may run them again. */
  readonly isolated = true;

  getSupportedIntents(): readonly string[] {
    return [...HANDLERS.keys(), MASH_DATA];
  }

  handleSaga(intent: Intent, context: SagaContext): Promise<ParticipantResult> {
    return mashData(intent, context);
  }

  async handleIntent(intent: Intent, context: HandlerContext): Promise<ParticipantResult> {
    const handler = HANDLERS.get(intent.intentType);
    if (handler) return handler(intent, context);
    throw new StepFailure('intent_not_supported', `solution does not answer ${intent.intentType}`, {
      details: { intentType: intent.intentType, supported: this.getSupportedIntents() },
    });
  }
}
