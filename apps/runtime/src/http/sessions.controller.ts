import { FailureError, failure, type Session, SessionOpen } from '@intendant/intent-model';
import type { JsonObject } from '@intendant/kernel';
import { pointerOf } from '@intendant/kernel';
import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Req, UseGuards } from '@nestjs/common';
import { withoutIdentity } from '../intake/identity-override.js';
import { readObject } from '../intake/submission.js';
import type { Platform } from '../platform/compose.js';
import { AuthGuard } from './auth.guard.js';
import { IdentityGuard } from './identity.guard.js';
import { authorise } from './operations.js';
import { requireOwnTenant } from './own-tenant.js';
import type { AuthenticatedRequest } from './request-context.js';
import { PLATFORM } from './tokens.js';

@Controller('v1/sessions')
@UseGuards(AuthGuard, IdentityGuard)
export class SessionsController {
  constructor(@Inject(PLATFORM) private readonly platform: Platform) {}

  @Post()
  @HttpCode(201)
  async open(@Req() request: AuthenticatedRequest): Promise<Session> {
    const { principal, correlationId } = request;
    const object = readObject((request.body as Buffer | undefined) ?? Buffer.from('{}'));
    if (!object.ok) throw new FailureError(object.error);
    const parsed = SessionOpen.safeParse(withoutIdentity(object.value));
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      const extra = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
      const field = pointerOf([...((issue?.path ?? []) as (string | number)[]), ...extra]);
      throw new FailureError(failure('invalid_request', issue?.message ?? 'malformed', { field }));
    }
    const closed = this.platform.freeSpace.shortage();
    if (closed !== null) throw new FailureError(closed);
    await authorise(this.platform, principal, correlationId, 'session.open', parsed.data);
    return this.platform.sessions.open(principal, parsed.data.context as JsonObject, correlationId);
  }

  @Get(':sessionId')
  get(@Req() request: AuthenticatedRequest, @Param('sessionId') sessionId: string): Promise<Session> {
    return this.#visible(request, sessionId);
  }

  @Delete(':sessionId')
  async close(@Req() request: AuthenticatedRequest, @Param('sessionId') sessionId: string): Promise<Session> {
    const session = await this.#visible(request, sessionId);
    await authorise(
      this.platform,
      request.principal,
      request.correlationId,
      'session.close',
      { sessionId },
      { session, targetId: sessionId },
    );
    return this.platform.sessions.close(session, request.principal, request.correlationId);
  }

  /** The caller's own session; anybody else's answers like a missing one. */
  async #visible(request: AuthenticatedRequest, sessionId: string): Promise<Session> {
    const { tenantId, userId } = request.principal;
    await requireOwnTenant(this.platform, request.principal, 'session', sessionId);
    const session = await this.platform.sessions.find(sessionId);
    if (session === undefined || session.tenantId !== tenantId || session.userId !== userId)
      throw new FailureError(failure('not_found', 'no such session'));
    return session;
  }
}
