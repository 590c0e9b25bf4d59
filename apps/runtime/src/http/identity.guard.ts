import { FailureError } from '@intendant/intent-model';
import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { identityMismatches, type Mismatch } from '../intake/identity-override.js';
import { identityOverride } from '../intake/submission.js';
import type { Platform } from '../platform/compose.js';
import type { AuthenticatedRequest } from './request-context.js';
import { PLATFORM } from './tokens.js';

/** After the {@link AuthGuard}, where no body can carry identity: headers and query may repeat the token, not contradict it. */
@Injectable()
export class IdentityGuard implements CanActivate {
  constructor(@Inject(PLATFORM) private readonly platform: Platform) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const mismatches = identityMismatches(
      request.principal,
      {},
      request.headers,
      request.query as Record<string, unknown>,
    );
    return mismatches.length === 0 || refuseOverride(this.platform, request, mismatches);
  }
}

/** Records the refusal of a request that claims to be somebody else, and throws it. */
export async function refuseOverride(
  platform: Platform,
  { principal, correlationId }: Pick<AuthenticatedRequest, 'principal' | 'correlationId'>,
  mismatches: readonly Mismatch[],
): Promise<never> {
  const found = identityOverride(mismatches);
  const refusalId = await platform.refusals.record({ principal, found, correlationId, sessionId: null, mismatches });
  throw new FailureError({ ...found, extra: { ...found.extra, ...(refusalId === null ? {} : { refusalId }) } });
}
