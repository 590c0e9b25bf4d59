import { FailureError } from '@intendant/intent-model';
import type { JsonObject } from '@intendant/kernel';
import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { identityMismatches, type Mismatch } from '../intake/identity-override.js';
import { identityOverride, readObject, unknownParameter } from '../intake/submission.js';
import type { Platform } from '../platform/compose.js';
import type { AuthenticatedRequest } from './request-context.js';
import { PLATFORM } from './tokens.js';

/** The query parameters that a route takes; none unless it says so. */
export const TakesQuery = Reflector.createDecorator<readonly string[]>();
/** The body's members that a route takes for itself under the name of an identity field. */
export const TakesMembers = Reflector.createDecorator<readonly string[]>();
const reflector = new Reflector();

/**
 * After the {@link AuthGuard}: body, headers and query may repeat the token, not contradict it. What else the query says must
 * be known; a body that cannot be read claims nothing, and is its handler's to refuse.
 */
@Injectable()
export class IdentityGuard implements CanActivate {
  constructor(@Inject(PLATFORM) private readonly platform: Platform) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const mismatches = identityMismatches(
      request.principal,
      claimsIn(request.body as Buffer | undefined, reflector.get(TakesMembers, context.getHandler()) ?? []),
      request.headers,
      request.query as Record<string, unknown>,
    );
    if (mismatches.length > 0) return refuseOverride(this.platform, request, mismatches);
    const own = reflector.get(TakesQuery, context.getHandler()) ?? [];
    const unknown = unknownParameter(request.query as Record<string, unknown>, own);
    if (unknown !== null) throw new FailureError(unknown);
    return true;
  }
}

function claimsIn(body: Buffer | undefined, own: readonly string[]): JsonObject {
  const object = Buffer.isBuffer(body) ? readObject(body) : null;
  if (object?.ok !== true) return {};
  return Object.fromEntries(Object.entries(object.value).filter(([name]) => !own.includes(name)));
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
