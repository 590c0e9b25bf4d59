import { BriefSignal, type SentSignalType, type SignalReply, StepResolution } from '@intendant/intent-model';
import { digestOf, type JsonObject } from '@intendant/kernel';
import { Controller, HttpCode, Inject, Param, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Platform } from '../platform/compose.js';
import { malformed } from '../signals/read-signal.js';
import { refuse } from '../signals/sent-signal.js';
import { SignalDesk } from '../signals/signal-desk.js';
import { AuthGuard } from './auth.guard.js';
import { IdentityGuard } from './identity.guard.js';
import type { AuthenticatedRequest } from './request-context.js';
import { signalBody } from './signal-body.js';
import { PLATFORM } from './tokens.js';

/** Other forms of signals, for hands and scripts: the same decision, the same record. */
@Controller('v1/sagas/:executionId')
@UseGuards(AuthGuard, IdentityGuard)
export class SagaActionsController {
  constructor(
    @Inject(PLATFORM) private readonly platform: Platform,
    @Inject(SignalDesk) private readonly desk: SignalDesk,
  ) {}

  @Post('compensate')
  @HttpCode(200)
  compensate(
    @Req() request: AuthenticatedRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Param('executionId') executionId: string,
  ): Promise<SignalReply> {
    return this.#send(request, reply, executionId, 'compensate', BriefSignal, {});
  }

  @Post('claim')
  @HttpCode(200)
  claim(
    @Req() request: AuthenticatedRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Param('executionId') executionId: string,
  ): Promise<SignalReply> {
    return this.#send(request, reply, executionId, 'claim', BriefSignal, {});
  }

  @Post('steps/:stepId/retry')
  @HttpCode(200)
  retry(
    @Req() request: AuthenticatedRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Param('executionId') executionId: string,
    @Param('stepId') stepId: string,
  ): Promise<SignalReply> {
    return this.#send(request, reply, executionId, 'retry_step', BriefSignal, { stepId });
  }

  @Post('steps/:stepId/skip')
  @HttpCode(200)
  skip(
    @Req() request: AuthenticatedRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Param('executionId') executionId: string,
    @Param('stepId') stepId: string,
  ): Promise<SignalReply> {
    return this.#send(request, reply, executionId, 'skip_step', BriefSignal, { stepId });
  }

  @Post('steps/:stepId/resolve')
  @HttpCode(200)
  resolve(
    @Req() request: AuthenticatedRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Param('executionId') executionId: string,
    @Param('stepId') stepId: string,
  ): Promise<SignalReply> {
    return this.#send(request, reply, executionId, 'resolve_step', StepResolution, { stepId });
  }

  async #send(
    request: AuthenticatedRequest,
    reply: FastifyReply,
    executionId: string,
    signalType: SentSignalType,
    schema: z.ZodType<z.infer<typeof BriefSignal>>,
    about: JsonObject,
  ): Promise<SignalReply> {
    const { principal, correlationId } = request;
    const body = await signalBody(this.platform, request);
    const parsed = schema.safeParse(body);
    if (!parsed.success)
      return refuse(this.platform, principal, correlationId, signalType, malformed(parsed.error), { executionId });
    const { signalId, reason, ...payload } = body;
    const signal: JsonObject = {
      signalId: signalId ?? signalIdOf(request, executionId) ?? this.platform.ids.nextUuid(),
      signalType,
      payload: { ...payload, ...about },
      ...(reason === undefined ? {} : { reason }),
    };
    const answer = await this.desk.send(principal, correlationId, executionId, signal);
    if (answer.repeated) void reply.header('idempotent-replayed', 'true');
    return answer.reply;
  }
}

/** An `Idempotency-Key` names the signal: itself when it is a UUID, else one that it determines. */
function signalIdOf({ headers, principal }: AuthenticatedRequest, executionId: string): string | undefined {
  const key = headers['idempotency-key'];
  if (typeof key !== 'string' || key === '') return undefined;
  if (z.uuid().safeParse(key).success) return key;
  const hex = digestOf(['signal-id', principal.tenantId, principal.userId, executionId, key]);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
