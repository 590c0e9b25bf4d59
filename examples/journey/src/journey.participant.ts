import type { Intent, ParticipantResult } from '@intendant/intent-model';
import { type HandlerContext, type RuntimeParticipant, StepFailure } from '@intendant/participant';
import { Injectable } from '@nestjs/common';
import { createSop } from './create-sop.js';
import { createWorkflow } from './create-workflow.js';

const HANDLERS: ReadonlyMap<string, (intent: Intent, context: HandlerContext) => Promise<ParticipantResult>> = new Map([
  ['journey.create_workflow', createWorkflow],
  ['journey.create_sop', createSop],
]);

/** Turns drawn processes into workflows and procedures. */
@Injectable()
export class JourneyParticipant implements RuntimeParticipant {
  /** Handlers touch nothing but their context: a replay may run them again. */
  readonly isolated = true;

  getSupportedIntents(): readonly string[] {
    return [...HANDLERS.keys()];
  }

  async handleIntent(intent: Intent, context: HandlerContext): Promise<ParticipantResult> {
    const handler = HANDLERS.get(intent.intentType);
    if (handler) return handler(intent, context);
    throw new StepFailure('intent_not_supported', `journey does not answer ${intent.intentType}`, {
      details: { intentType: intent.intentType, supported: this.getSupportedIntents() },
    });
  }
}
