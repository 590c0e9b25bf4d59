import type { Intent, ParticipantResult } from '@intendant/intent-model';
import { type HandlerContext, type RuntimeParticipant, StepFailure } from '@intendant/participant';
import { Injectable } from '@nestjs/common';
import { SAGA_INTENTS } from './capabilities/index.js';
import { STEPS } from './steps/index.js';
import { stepCallOf } from './steps/step.js';
import { AllSystems } from './systems/all-systems.js';

/** Moves insurance policies from a legacy system to a new one. */
@Injectable()
export class InsuranceParticipant implements RuntimeParticipant {
  constructor(private readonly systems: AllSystems) {}

  /** The sagas among them are run by the Runtime, which calls this service for their steps. */
  getSupportedIntents(): readonly string[] {
    return [...SAGA_INTENTS, ...STEPS.keys()];
  }

  async handleIntent(intent: Intent, context: HandlerContext): Promise<ParticipantResult> {
    const step = STEPS.get(intent.intentType);
    if (step) return step(stepCallOf(this.systems.of(context.tenantId), intent, context));
    throw new StepFailure('intent_not_supported', `insurance has no step ${intent.intentType}`, {
      details: { intentType: intent.intentType, supported: [...STEPS.keys()] },
    });
  }
}
