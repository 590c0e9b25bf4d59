import { CorrelationId, FailureError, failure } from '@intendant/intent-model';
import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { Platform } from '../platform/compose.js';
import type { AuthenticatedRequest } from './request-context.js';
import { PLATFORM } from './tokens.js';

/** Names of schemes are the same in capitals (RFC 9110, section 11.1). */
const BEARER = /^bearer /i;

/** Verifies the bearer token; everything about the caller comes from it. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(@Inject(PLATFORM) private readonly platform: Platform) {}

  canActivate(context: ExecutionContext): true | Promise<true> {
    return authenticate(this.platform, context.switchToHttp().getRequest<AuthenticatedRequest>());
  }
}

/** Leaves principal and correlation id on the request, or throws `unauthenticated`; a token seen before needs no promise. */
export function authenticate(platform: Platform, request: AuthenticatedRequest): true | Promise<true> {
  request.correlationId = correlationIdOf(platform, request);
  const authorization = request.headers.authorization ?? '';
  if (!BEARER.test(authorization)) throw unauthenticated(platform, 'send Authorization: Bearer <token>');
  const token = authorization.slice(7);
  const known = platform.tokens.recall(token);
  if (known === undefined) return verify(platform, request, token);
  request.principal = known;
  return true;
}

/** The caller's own, or one that is made; a refusal of the caller's needs one, too. */
function correlationIdOf(platform: Platform, request: AuthenticatedRequest): string {
  const given = request.headers['x-correlation-id'];
  const checked = CorrelationId.optional().safeParse(given);
  if (checked.success && checked.data !== undefined) return checked.data;
  request.correlationId = platform.ids.nextUuid();
  if (!checked.success)
    throw new FailureError(
      failure('invalid_request', checked.error.issues[0]?.message ?? 'malformed', { field: 'header x-correlation-id' }),
    );
  return request.correlationId;
}

async function verify(platform: Platform, request: AuthenticatedRequest, token: string): Promise<true> {
  const verified = await platform.tokens.verify(token);
  if (!verified.ok) throw unauthenticated(platform, verified.error);
  request.principal = verified.value;
  return true;
}

/** Counted, never recorded: nobody is known to have asked. */
function unauthenticated(platform: Platform, detail: string): FailureError {
  platform.metrics.unauthenticated.inc();
  return new FailureError(failure('unauthenticated', detail));
}
