import { type Failure, FailureError, failure, type PolicyReply } from '@intendant/intent-model';
import type { JsonObject } from '@intendant/kernel';
import { RpcUnavailable } from '@intendant/nest-kit';
import { auditOf } from '@intendant/wal';
import { Controller, HttpCode, Inject, Post, Req, UseGuards } from '@nestjs/common';
import { identityMismatches } from '../intake/identity-override.js';
import { readObject } from '../intake/submission.js';
import type { Platform } from '../platform/compose.js';
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
    await authorise(this.platform, principal, correlationId, 'policy.publish', bundle.value);
    const previousRevision = this.platform.policyWatch.revisionOf(principal.tenantId) ?? null;
    const published = await this.#publish({
      tenantId: principal.tenantId,
      bundle: bundle.value,
      publishedBy: principal.userId,
    });
    const attribution = {
      tenantId: principal.tenantId,
      sessionId: null,
      executionId: null,
      intentId: null,
      correlationId,
    };
    await this.platform.log.append(auditOf(principal.tenantId), attribution, [
      {
        type: 'policy.published',
        actor: `user:${principal.userId}`,
        cause: null,
        data: { ...published, previousRevision },
      },
    ]);
    return { tenantId: principal.tenantId, ...published };
  }

  async #publish(publication: object): Promise<{ revision: number; digest: string }> {
    try {
      const reply = await this.platform.policy.publish(publication);
      if ('failure' in reply) throw new FailureError(ofBody(reply.failure as Failure));
      return { revision: reply.revision, digest: reply.digest };
    } catch (error) {
      if (error instanceof RpcUnavailable)
        throw new FailureError(failure('policy_unavailable', error.message, { retryAfterMs: 1_000 }));
      throw error;
    }
  }
}

/** Smart City names places in its message; over HTTP the bundle is the body itself. */
const ofBody = (found: Failure): Failure =>
  found.field === undefined ? found : { ...found, field: found.field.replace(/^\/bundle/, '') };
