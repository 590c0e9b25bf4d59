import { stateDigestOf } from '@intendant/execution';
import {
  type EventsReply,
  type ExecutionReply,
  FailureError,
  failure,
  type PolicyDecision,
  type ResultReply,
  type StateReply,
  type StatusReply,
} from '@intendant/intent-model';
import { Controller, Get, Inject, Param, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Platform } from '../platform/compose.js';
import { prefersEventStream } from './accepted-media.js';
import { AuthGuard } from './auth.guard.js';
import { streamEvents } from './event-stream.js';
import { positionAskedFor, wholeNumber } from './events-position.js';
import { executionView, resultView } from './execution-view.js';
import { IdentityGuard, TakesQuery } from './identity.guard.js';
import { readableExecution } from './operations.js';
import type { AuthenticatedRequest } from './request-context.js';
import { PLATFORM } from './tokens.js';

const EVENTS_PAGE_MAX = 1_000;

/** Reads by id, from the owner of the execution. */
@Controller('v1/executions')
@UseGuards(AuthGuard, IdentityGuard)
export class ExecutionsController {
  constructor(@Inject(PLATFORM) private readonly platform: Platform) {}

  @Get(':executionId')
  async get(@Req() request: AuthenticatedRequest, @Param('executionId') id: string): Promise<ExecutionReply> {
    return executionView(await this.#read(request, id), this.platform.supervisor.isRecovering(id));
  }

  @Get(':executionId/status')
  async status(@Req() request: AuthenticatedRequest, @Param('executionId') id: string): Promise<StatusReply> {
    const recovering = this.platform.supervisor.isRecovering(id);
    const { executionId, status, substatus, settledAt, lastSeq, steps } = executionView(
      await this.#read(request, id),
      recovering,
    );
    return { executionId, status, substatus, settledAt, lastSeq, steps };
  }

  @Get(':executionId/state')
  async state(@Req() request: AuthenticatedRequest, @Param('executionId') id: string): Promise<StateReply> {
    const state = await this.#read(request, id);
    return { executionId: state.executionId, digest: stateDigestOf(state), state: { ...state } };
  }

  @Get(':executionId/result')
  async result(@Req() request: AuthenticatedRequest, @Param('executionId') id: string): Promise<ResultReply> {
    return resultView(await this.#read(request, id));
  }

  @Get(':executionId/decision')
  async decision(@Req() request: AuthenticatedRequest, @Param('executionId') id: string): Promise<PolicyDecision> {
    return (await this.#read(request, id)).decision as PolicyDecision;
  }

  /** A page of records as JSON, or all of them as server-sent events from `Last-Event-ID` until the end. */
  @Get(':executionId/events')
  @TakesQuery(['after', 'limit'])
  async events(
    @Req() request: AuthenticatedRequest,
    @Res() reply: FastifyReply,
    @Param('executionId') id: string,
    @Query('after') after?: string,
    @Query('limit') limit?: string,
  ): Promise<void> {
    const { executionId } = await this.#read(request, id);
    const afterSeq = positionAskedFor(request.headers['last-event-id'] as string | undefined, after);
    const max = wholeNumber('query limit', limit, 100, EVENTS_PAGE_MAX, 1);
    if (prefersEventStream(request.headers.accept)) {
      if (limit === undefined) return streamEvents(this.platform, executionId, afterSeq, reply);
      throw new FailureError(failure('invalid_request', 'a stream has no pages', { field: 'query limit' }));
    }
    const entries = await this.platform.wal.readStream(executionId);
    const records = entries.flatMap((entry) => entry.records).filter((record) => record.seq > afterSeq);
    const page = records.slice(0, max);
    const next = records.length > page.length ? (page.at(-1)?.seq ?? null) : null;
    await reply.send({ executionId, records: page, nextAfter: next } satisfies EventsReply);
  }

  #read(request: AuthenticatedRequest, executionId: string) {
    return readableExecution(this.platform, request.principal, request.correlationId, executionId);
  }
}
