import type { Intent, ParticipantResult } from '@intendant/intent-model';
import { type HandlerContext, type RuntimeParticipant, StepFailure } from '@intendant/participant';
import { Injectable } from '@nestjs/common';
import { analyze } from './analyze.js';
import { assessQuality } from './assess-quality.js';
import { extract } from './extract.js';

const HANDLERS: ReadonlyMap<string, (intent: Intent, context: HandlerContext) => Promise<ParticipantResult>> = new Map([
  ['insights.assess_quality', assessQuality],
  ['insights.analyze', analyze],
  ['insights.extract', extract],
]);

/** Says what parsed content holds and how good it is. */
@Injectable()
export class InsightsParticipant implements RuntimeParticipant {
  /** Handlers touch nothing but their context: a replay may run them again. */
  readonly isolated = true;

  getSupportedIntents(): readonly string[] {
    return [...HANDLERS.keys()];
  }

  async handleIntent(intent: Intent, context: HandlerContext): Promise<ParticipantResult> {
    const handler = HANDLERS.get(intent.intentType);
    if (handler) return handler(intent, context);
    throw new StepFailure('intent_not_supported', `insights does not answer ${intent.intentType}`, {
      details: { intentType: intent.intentType, supported: this.getSupportedIntents() },
    });
  }
}
