import type { ExecutionsReply } from '@intendant/intent-model';
import { executionCursor } from '@intendant/read-model';
import { Controller, Get, Inject, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Platform } from '../platform/compose.js';
import { queryWithoutIdentity, reachedPositions, seesEverybodys } from '../read-model/list-caller.js';
import { ExecutionsQuery, readQuery } from '../read-model/list-parameters.js';
import { AuthGuard } from './auth.guard.js';
import type { AuthenticatedRequest } from './request-context.js';
import { PLATFORM } from './tokens.js';

/** Lists of executions. They follow the log with a lag, which `x-read-model-lag` tells in entries. */
@Controller('v1/executions')
@UseGuards(AuthGuard)
export class ListsController {
  constructor(@Inject(PLATFORM) private readonly platform: Platform) {}

  /** Newest first: the tenant's with `execution.read`, else the caller's own. */
  @Get()
  async executions(
    @Req() request: AuthenticatedRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ExecutionsReply> {
    const { lists } = this.platform.readModel;
    const query = await queryWithoutIdentity(this.platform, request, Object.keys(ExecutionsQuery.shape));
    const { cursor, limit, waitFor, ...filter } = readQuery(ExecutionsQuery, query);
    const everybodys = await seesEverybodys(this.platform, request);
    const { tenantId, userId } = request.principal;
    const positions = await reachedPositions(this.platform, request.principal, waitFor);
    const page = await lists.model.executions(
      tenantId,
      everybodys ? filter : { ...filter, userId },
      cursor ?? null,
      limit,
    );
    void reply.header('x-read-model-lag', await lists.lagOf(positions));
    return {
      scope: everybodys ? 'tenant' : 'own',
      executions: [...page.executions],
      nextCursor: page.next === null ? null : executionCursor(page.next),
    };
  }
}
