import { type ExecutionState, isSettled } from '@intendant/execution';
import { FailureError, failure, type SagaReply, type StuckReply, type StuckSaga } from '@intendant/intent-model';
import { pulseOf } from '@intendant/partition';
import { executionCursor } from '@intendant/read-model';
import { type Health, judgeHealth } from '@intendant/saga';
import { Controller, Get, Inject, Param, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Platform } from '../platform/compose.js';
import { queryWithoutIdentity, reachedPositions, seesEverybodys } from '../read-model/list-caller.js';
import { readQuery, StuckQuery } from '../read-model/list-parameters.js';
import { claimedParentOf, stuckSagaOf } from '../read-model/stuck-page.js';
import { AuthGuard } from './auth.guard.js';
import { awaitedChildren } from './awaited-children.js';
import { IdentityGuard, TakesQuery } from './identity.guard.js';
import { readableExecution } from './operations.js';
import type { AuthenticatedRequest } from './request-context.js';
import { sagaView } from './saga-view.js';
import { PLATFORM } from './tokens.js';

/** Executions as sagas: their ledger, and those that need a person. */
@Controller('v1/sagas')
@UseGuards(AuthGuard, IdentityGuard)
export class SagasController {
  constructor(@Inject(PLATFORM) private readonly platform: Platform) {}

  /** Found by the read model, told from the log: who needs nobody any more is left out. */
  @Get('stuck')
  @TakesQuery(Object.keys(StuckQuery.shape))
  async stuck(
    @Req() request: AuthenticatedRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StuckReply> {
    const { lists } = this.platform.readModel;
    const { cursor, limit, waitFor } = readQuery(StuckQuery, await queryWithoutIdentity(this.platform, request, []));
    const everybodys = await seesEverybodys(this.platform, request);
    const { tenantId, userId } = request.principal;
    const positions = await reachedPositions(this.platform, request.principal, waitFor);
    const filter = { needsPerson: true as const, ...(everybodys ? {} : { userId }) };
    const page = await lists.model.executions(tenantId, filter, cursor ?? null, limit);
    const found = await Promise.all(page.executions.map(({ executionId }) => this.#stuckOne(executionId)));
    void reply.header('x-read-model-lag', await lists.lagOf(positions));
    return {
      scope: everybodys ? 'tenant' : 'own',
      stuck: found.filter((one) => one !== null),
      nextCursor: page.next === null ? null : executionCursor(page.next),
    };
  }

  async #stuckOne(executionId: string): Promise<StuckSaga | null> {
    const state = await this.platform.supervisor.read(executionId);
    if (state === undefined) throw new FailureError(failure('not_found', 'no such execution'));
    const entries = await this.platform.wal.readStream(executionId);
    const parentId = claimedParentOf(state);
    const parent = parentId === null ? undefined : await this.platform.supervisor.read(parentId);
    return stuckSagaOf(
      state,
      entries.flatMap((entry) => entry.records),
      parent,
    );
  }

  @Get(':executionId')
  async get(@Req() request: AuthenticatedRequest, @Param('executionId') id: string): Promise<SagaReply> {
    const { supervisor } = this.platform;
    const state = await readableExecution(this.platform, request.principal, request.correlationId, id);
    const healthOf = (one: ExecutionState): Health => this.#healthOf(one);
    const children = await awaitedChildren(state, { read: (childId) => supervisor.read(childId), healthOf });
    return sagaView(state, healthOf(state), supervisor.isRecovering(id), children);
  }

  #healthOf(state: ExecutionState): Health {
    const { supervisor, silence, clock } = this.platform;
    // what is not in memory is heard by the watch
    const heardMs = supervisor.lastRecordMs(state.executionId) ?? clock.nowMs();
    if (silence.has(state.executionId) && !isSettled(state.status)) return 'silent';
    return judgeHealth(pulseOf(state, heardMs), clock.nowMs(), silence.boundMs);
  }
}
