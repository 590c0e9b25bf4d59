import { type ExecutionMetricsReply, METRICS_RANGES_MS } from '@intendant/intent-model';
import { Controller, Get, Inject, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Platform } from '../platform/compose.js';
import { metricsView } from '../read-model/execution-metrics-view.js';
import { queryWithoutIdentity, reachedPositions, seesEverybodys } from '../read-model/list-caller.js';
import { MetricsQuery, readQuery } from '../read-model/list-parameters.js';
import { AuthGuard } from './auth.guard.js';
import type { AuthenticatedRequest } from './request-context.js';
import { PLATFORM } from './tokens.js';

@Controller('v1/metrics')
@UseGuards(AuthGuard)
export class ExecutionMetricsController {
  constructor(@Inject(PLATFORM) private readonly platform: Platform) {}

  /** Counts of the tenant's executions with `execution.read`, else of the caller's own. */
  @Get('executions')
  async executions(
    @Req() request: AuthenticatedRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ExecutionMetricsReply> {
    const { lists } = this.platform.readModel;
    const { range, waitFor } = readQuery(MetricsQuery, await queryWithoutIdentity(this.platform, request, []));
    const everybodys = await seesEverybodys(this.platform, request);
    const { tenantId, userId } = request.principal;
    const positions = await reachedPositions(this.platform, request.principal, waitFor);
    // What was accepted in this millisecond counts, too.
    const toMs = this.platform.clock.nowMs() + 1;
    const [from, to] = [new Date(toMs - METRICS_RANGES_MS[range]), new Date(toMs)];
    const rows = await lists.model.executionMetrics(tenantId, { from, to, userId: everybodys ? null : userId });
    void reply.header('x-read-model-lag', await lists.lagOf(positions));
    return {
      scope: everybodys ? 'tenant' : 'own',
      range,
      from: from.toISOString(),
      to: to.toISOString(),
      ...metricsView(rows),
    };
  }
}
