import {
  ExecutionId,
  FailureError,
  failure,
  type OutboxEntriesReply,
  type OutboxReply,
  type RedriveReply,
} from '@intendant/intent-model';
import { Controller, Get, HttpCode, Inject, Param, Post, Req, UseGuards } from '@nestjs/common';
import { z } from 'zod';
import { outboxEntries, outboxStatus, reachable } from '../outbox/outbox-views.js';
import type { Platform } from '../platform/compose.js';
import { queryWithoutIdentity } from '../read-model/list-caller.js';
import { readQuery } from '../read-model/list-parameters.js';
import { AuthGuard } from './auth.guard.js';
import { IdentityGuard } from './identity.guard.js';
import { requireNoBody } from './no-body.js';
import { authorise, readableExecution } from './operations.js';
import type { AuthenticatedRequest } from './request-context.js';
import { PLATFORM } from './tokens.js';

const EntriesQuery = z.strictObject({ executionId: ExecutionId });

/** Publishing of domain events: what waits, what was given up, and trying that once more. */
@Controller('v1/outbox')
@UseGuards(AuthGuard)
export class OutboxController {
  constructor(@Inject(PLATFORM) private readonly platform: Platform) {}

  /** Counts are of the whole log, dead letters of the caller's tenant. */
  @Get()
  @UseGuards(IdentityGuard)
  async status(@Req() { principal, correlationId }: AuthenticatedRequest): Promise<OutboxReply> {
    await authorise(this.platform, principal, correlationId, 'outbox.read', {});
    return outboxStatus(this.platform, principal.tenantId);
  }

  /** For whoever may read the execution. */
  @Get('entries')
  async entries(@Req() request: AuthenticatedRequest): Promise<OutboxEntriesReply> {
    const { principal, correlationId } = request;
    const { executionId } = readQuery(
      EntriesQuery,
      await queryWithoutIdentity(this.platform, request, ['executionId']),
    );
    await readableExecution(this.platform, principal, correlationId, executionId);
    return { entries: await outboxEntries(this.platform, executionId) };
  }

  /** Has the publisher try it once more; what it comes to, the list of dead letters says. */
  @Post('dead-letters/:eventId/redrive')
  @HttpCode(202)
  @UseGuards(IdentityGuard)
  async redrive(@Req() request: AuthenticatedRequest, @Param('eventId') eventId: string): Promise<RedriveReply> {
    const { principal, correlationId } = request;
    requireNoBody(request.body);
    const more = { about: eventId, targetId: eventId };
    await authorise(this.platform, principal, correlationId, 'outbox.redrive', { eventId }, more);
    const { outbox } = this.platform;
    const isAsked = outbox !== null && (await reachable(outbox.ledger.askRedrive(principal.tenantId, eventId)));
    if (!isAsked) throw new FailureError(failure('not_found', 'no such dead letter'));
    return { eventId, redriveAsked: true };
  }
}
