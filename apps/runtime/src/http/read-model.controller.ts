import type { ReadModelReply, RebuildReply } from '@intendant/intent-model';
import { auditOf } from '@intendant/wal';
import { Controller, Get, HttpCode, Inject, Post, Req, UseGuards } from '@nestjs/common';
import type { Platform } from '../platform/compose.js';
import { AuthGuard } from './auth.guard.js';
import { IdentityGuard } from './identity.guard.js';
import { requireNoBody } from './no-body.js';
import { authorise } from './operations.js';
import type { AuthenticatedRequest } from './request-context.js';
import { PLATFORM } from './tokens.js';

/** The tables behind lists: how far they are, and making them anew. They are the platform's, not a tenant's. */
@Controller('v1/read-model')
@UseGuards(AuthGuard, IdentityGuard)
export class ReadModelController {
  constructor(@Inject(PLATFORM) private readonly platform: Platform) {}

  /** From what the projector last told, so that it answers without PostgreSQL, too. */
  @Get()
  async status(@Req() { principal, correlationId }: AuthenticatedRequest): Promise<ReadModelReply> {
    await authorise(this.platform, principal, correlationId, 'read_model.read', {});
    const { lists } = this.platform.readModel;
    const { connected, problem, active, rebuilding, halted } = await lists.status();
    return { connected, problem, active, rebuilding, partitions: await lists.progress(), halted: [...halted] };
  }

  /** Recorded, then asked for; lists are answered from the old tables until the new ones know as much. */
  @Post('rebuild')
  @HttpCode(202)
  async rebuild(@Req() { principal, correlationId, body }: AuthenticatedRequest): Promise<RebuildReply> {
    requireNoBody(body);
    await authorise(this.platform, principal, correlationId, 'read_model.rebuild', {});
    const { tenantId, userId } = principal;
    const attribution = { tenantId, sessionId: null, executionId: null, intentId: null, correlationId };
    await this.platform.log.append(auditOf(tenantId), attribution, [
      { type: 'read_model.rebuild_requested', actor: `user:${userId}`, cause: null, data: {} },
    ]);
    await this.platform.readModel.lists.model.requestRebuild();
    return { requested: true };
  }
}
