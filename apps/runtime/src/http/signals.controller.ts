import { FailureError, failure, type SignalReply, type SignalsReply, type SignalView } from '@intendant/intent-model';
import { Controller, Get, HttpCode, Inject, Param, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Platform } from '../platform/compose.js';
import { recordedSignals } from '../signals/recorded-signals.js';
import { retryMadeBy } from '../signals/retry-execution.js';
import { SignalDesk } from '../signals/signal-desk.js';
import { AuthGuard } from './auth.guard.js';
import { IdentityGuard } from './identity.guard.js';
import { readableExecution } from './operations.js';
import type { AuthenticatedRequest } from './request-context.js';
import { signalBody } from './signal-body.js';
import { PLATFORM } from './tokens.js';

/** Signals move an execution from outside. */
@Controller('v1/executions/:executionId/signals')
@UseGuards(AuthGuard, IdentityGuard)
export class SignalsController {
  constructor(
    @Inject(PLATFORM) private readonly platform: Platform,
    @Inject(SignalDesk) private readonly desk: SignalDesk,
  ) {}

  @Post()
  @HttpCode(200)
  async send(
    @Req() request: AuthenticatedRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Param('executionId') executionId: string,
  ): Promise<SignalReply> {
    const body = await signalBody(this.platform, request);
    const { principal, correlationId } = request;
    const answer = await this.desk.send(principal, correlationId, executionId, body);
    if (answer.repeated) void reply.header('idempotent-replayed', 'true');
    return answer.reply;
  }

  @Get()
  async list(@Req() request: AuthenticatedRequest, @Param('executionId') id: string): Promise<SignalsReply> {
    const { executionId } = await this.#readable(request, id);
    return { executionId, signals: [...(await this.#signalsOf(executionId))] };
  }

  /** By its own id or by that of its decision. */
  @Get(':signalId')
  async get(
    @Req() request: AuthenticatedRequest,
    @Param('executionId') id: string,
    @Param('signalId') signalId: string,
  ): Promise<SignalView> {
    const state = await this.#readable(request, id);
    const signals = await this.#signalsOf(state.executionId);
    const asked = signalId.toLowerCase();
    const found = signals.find((one) => one.signalId.toLowerCase() === asked || one.decisionId === signalId);
    if (found !== undefined) return found;
    const retry = await retryMadeBy(this.platform, state, asked);
    if (retry === null) throw new FailureError(failure('signal_not_found', 'no such signal'));
    return retry.view;
  }

  async #signalsOf(executionId: string): Promise<readonly SignalView[]> {
    const entries = await this.platform.wal.readStream(executionId);
    return recordedSignals(entries.flatMap((entry) => entry.records));
  }

  #readable(request: AuthenticatedRequest, executionId: string) {
    return readableExecution(this.platform, request.principal, request.correlationId, executionId);
  }
}
