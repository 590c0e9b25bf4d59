import type { RecordsReply } from '@intendant/intent-model';
import { recordCursor } from '@intendant/read-model';
import { Controller, Get, Inject, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Platform } from '../platform/compose.js';
import { queryWithoutIdentity, reachedPositions } from '../read-model/list-caller.js';
import { RecordsQuery, readQuery } from '../read-model/list-parameters.js';
import { recordsPage } from '../read-model/records-page.js';
import { AuthGuard } from './auth.guard.js';
import { authorise } from './operations.js';
import type { AuthenticatedRequest } from './request-context.js';
import { PLATFORM } from './tokens.js';

/** Search over the tenant's records: found by the read model, read from the log. */
@Controller('v1/wal/records')
@UseGuards(AuthGuard)
export class WalRecordsController {
  constructor(@Inject(PLATFORM) private readonly platform: Platform) {}

  /** An execution's in the order of the log, else oldest first. A record that does not verify fails the page, by name. */
  @Get()
  async records(
    @Req() request: AuthenticatedRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RecordsReply> {
    const { platform } = this;
    const { principal, correlationId } = request;
    const query = await queryWithoutIdentity(platform, request, Object.keys(RecordsQuery.shape));
    const { cursor, limit, waitFor, ...filter } = readQuery(RecordsQuery, query);
    await authorise(platform, principal, correlationId, 'wal.read', filter);
    const { lists } = platform.readModel;
    const positions = await reachedPositions(platform, principal, waitFor);
    const page = await recordsPage(lists.model, platform.wal, principal.tenantId, filter, cursor ?? null, limit);
    void reply.header('x-read-model-lag', await lists.lagOf(positions));
    return { records: [...page.records], nextCursor: page.next === null ? null : recordCursor(page.next) };
  }
}
