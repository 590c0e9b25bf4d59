import type { JudgementReply } from '@intendant/intent-model';
import { Controller, HttpCode, Inject, Post, Req, UseGuards } from '@nestjs/common';
import type { Platform } from '../platform/compose.js';
import { AuthGuard } from './auth.guard.js';
import { intakeRequestOf } from './intent-route.js';
import { authorise } from './operations.js';
import type { AuthenticatedRequest } from './request-context.js';
import { PLATFORM } from './tokens.js';

/** Submission itself is {@link installIntentRoute}. */
@Controller('v1/intents')
@UseGuards(AuthGuard)
export class IntentsController {
  constructor(@Inject(PLATFORM) private readonly platform: Platform) {}

  @Post('validate')
  @HttpCode(200)
  async validate(@Req() request: AuthenticatedRequest): Promise<JudgementReply> {
    const { principal, correlationId } = request;
    await authorise(this.platform, principal, correlationId, 'intent.validate', {});
    const { decision, resolution, payloadFault, refusal } = await this.platform.intake.validate(
      principal,
      intakeRequestOf(request),
    );
    return {
      acceptable: refusal === null,
      ...(refusal !== null && {
        refusal: { code: refusal.code, detail: refusal.detail, ...(refusal.field && { field: refusal.field }) },
      }),
      decision,
      resolution: resolution.ok
        ? { revision: resolution.value.revision, capabilities: resolution.value.answering.map((one) => one.resolved) }
        : { code: resolution.error.code, detail: resolution.error.detail },
      payload:
        payloadFault === null
          ? { valid: resolution.ok }
          : { valid: false, field: `/payload${payloadFault.pointer}`, detail: payloadFault.message },
    };
  }
}
