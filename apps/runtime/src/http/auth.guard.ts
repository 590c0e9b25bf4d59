import { CorrelationId, FailureError, failure } from '@intendant/intent-model';
import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { Platform } from '../platform/compose.js';
import type { AuthenticatedRequest } from './request-context.js';
import { PLATFORM } from './tokens.js';

/** Verifies the bearer token; everything about the caller comes from it. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(@Inject(PLATFORM) private readonly platform: Platform) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const given = request.headers['x-correlation-id'];
    request.correlationId = CorrelationId.safeParse(given).success ? (given as string) : this.platform.ids.nextUuid();
    const authorization = request.headers.authorization ?? '';
    if (!authorization.startsWith('Bearer ')) throw this.#unauthenticated('send Authorization: Bearer <token>');
    const token = authorization.slice(7);
    const known = this.platform.tokens.recall(token);
    if (known === undefined) return this.#verify(request, token);
    request.principal = known;
    return true;
  }

  async #verify(request: AuthenticatedRequest, token: string): Promise<boolean> {
    const verified = await this.platform.tokens.verify(token);
    if (!verified.ok) throw this.#unauthenticated(verified.error);
    request.principal = verified.value;
    return true;
  }

  /** Counted, never recorded: nobody is known to have asked. */
  #unauthenticated(detail: string): FailureError {
    this.platform.metrics.unauthenticated.inc();
    return new FailureError(failure('unauthenticated', detail));
  }
}
