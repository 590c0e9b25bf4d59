import type { Intent, ParticipantResult } from '@intendant/intent-model';
import { type HandlerContext, type RuntimeParticipant, StepFailure } from '@intendant/participant';
import { Injectable } from '@nestjs/common';
import { parse } from './parse.js';
import { saveMaterialization } from './save-materialization.js';
import { upload } from './upload.js';

const HANDLERS: ReadonlyMap<string, (intent: Intent, context: HandlerContext) => Promise<ParticipantResult>> = new Map([
  ['content.upload', upload],
  ['content.save_materialization', saveMaterialization],
  ['content.parse', parse],
]);

/** Takes files in and reads them into records. */
@Injectable()
export class ContentParticipant implements RuntimeParticipant {
  /** Handlers touch nothing but their context: a replay may run them again. */
  readonly isolated = true;

  getSupportedIntents(): readonly string[] {
    return [...HANDLERS.keys()];
  }

  async handleIntent(intent: Intent, context: HandlerContext): Promise<ParticipantResult> {
    const handler = HANDLERS.get(intent.intentType);
    if (handler) return handler(intent, context);
    throw new StepFailure('intent_not_supported', `content does not answer ${intent.intentType}`, {
      details: { intentType: intent.intentType, supported: this.getSupportedIntents() },
    });
  }
}
