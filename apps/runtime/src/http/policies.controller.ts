import { FailureError, type PolicyReply } from '@intendant/intent-model';
import type { JsonObject } from '@intendant/kernel';
import { Controller, HttpCode, Inject, Post, Req, UseGuards } from '@nestjs/common';
import { identityMismatches } from '../intake/identity-override.js';
import { readObject, unknownParameter } from '../intake/submission.js';
import type { Platform } from '../platform/compose.js';
import { publishPolicy } from '../policy/publish-policy.js';
import { AuthGuard } from './auth.guard.js';
import { refuseOverride } from './identity.guard.js';
import { authorise } from './operations.js';
import type { AuthenticatedRequest } from './request-context.js';
import { PLATFORM } from './tokens.js';

@Controller('v1/policies')
@UseGuards(AuthGuard)
export class PoliciesController {
  constructor(@Inject(PLATFORM) private readonly platform: Platform) {}

  /** Publishes the caller's tenant a new policy bundle: validated whole by Smart City, atomic, recorded. */
  @Post()
  @HttpCode(201)
  async publish(@Req() request: AuthenticatedRequest): Promise<PolicyReply> {
    const { principal, correlationId } = request;
    const bundle = readObject((request.body as Buffer | undefined) ?? Buffer.alloc(0));
    if (!bundle.ok) throw new FailureError(bundle.error);
    // Of a bundle's members only this one says whose it is: its `roles` are the policy's.
    const { tenantId } = bundle.value;
    const claimed: JsonObject = tenantId === undefined ? {} : { tenantId };
    const mismatches = identityMismatches(
      principal,
      claimed,
      request.headers,
      request.query as Record<string, unknown>,
    );
    if (mismatches.length > 0) return refuseOverride(this.platform, request, mismatches);
    const unknown = unknownParameter(request.query as Record<string, unknown>, []);
    if (unknown !== null) throw new FailureError(unknown);
    const closed = this.platform.freeSpace.shortage();
    if (closed !== null) throw new FailureError(closed);
    const decision = await authorise(this.platform, principal, correlationId, 'policy.publish', bundle.value);
    const published = await publishPolicy(this.platform, { principal, correlationId, bundle: bundle.value, decision });
    return { tenantId: principal.tenantId, ...published };
  }
}
