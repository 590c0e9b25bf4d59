import type { Intent, ParticipantResult } from '@intendant/intent-model';
import { type HandlerContext, type RuntimeParticipant, StepFailure } from '@intendant/participant';
import { Injectable } from '@nestjs/common';
import { createRoadmap } from './create-roadmap.js';
import { establishContext } from './establish-context.js';

const HANDLERS: ReadonlyMap<string, (intent: Intent, context: HandlerContext) => Promise<ParticipantResult>> = new Map([
  ['solution.establish_context', establishContext],
  ['solution.create_roadmap', createRoadmap],
]);

/** States what a solution is for and lays out how to get there. */
@Injectable()
export class SolutionParticipant implements RuntimeParticipant {
  getSupportedIntents(): readonly string[] {
    return [...HANDLERS.keys()];
  }

  async handleIntent(intent: Intent, context: HandlerContext): Promise<ParticipantResult> {
    const handler = HANDLERS.get(intent.intentType);
    if (handler) return handler(intent, context);
    throw new StepFailure('intent_not_supported', `solution does not answer ${intent.intentType}`, {
      details: { intentType: intent.intentType, supported: this.getSupportedIntents() },
    });
  }
}
