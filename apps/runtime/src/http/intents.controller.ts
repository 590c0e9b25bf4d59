import { FailureError, failure, type JudgementReply, type ResultReply } from '@intendant/intent-model';
import { Controller, HttpCode, Inject, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { IntakeRequest } from '../intake/submission.js';
import { traceparentOf } from '../intake/trace-context.js';
import type { Platform } from '../platform/compose.js';
import { AuthGuard } from './auth.guard.js';
import { isDone, resultView } from './execution-view.js';
import { authorise } from './operations.js';
import type { AuthenticatedRequest } from './request-context.js';
import { PLATFORM } from './tokens.js';

/** Longest `Prefer: wait`, in seconds. */
const WAIT_S_MAX = 60;

@Controller('v1/intents')
@UseGuards(AuthGuard)
export class IntentsController {
  constructor(@Inject(PLATFORM) private readonly platform: Platform) {}

  @Post()
  async submit(
    @Req() request: AuthenticatedRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ResultReply> {
    const waitMs = waitOf(request.headers['prefer']);
    const { executionId, replayed } = await this.platform.intake.submit(request.principal, intakeRequest(request));
    const { supervisor, metrics } = this.platform;
    const state = waitMs > 0 ? await supervisor.settled(executionId, waitMs) : undefined;
    const shown = state ?? (await supervisor.read(executionId));
    if (shown === undefined) throw new FailureError(failure('not_found', 'the execution cannot be read'));
    if (replayed) {
      metrics.replayed.inc();
      void reply.header('idempotent-replayed', 'true');
    }
    if (waitMs > 0) void reply.header('preference-applied', `wait=${waitMs / 1_000}`);
    const done = waitMs > 0 && isDone(shown);
    void reply.status(done ? 200 : 202).header('location', `/v1/executions/${executionId}`);
    return resultView(shown);
  }

  @Post('validate')
  @HttpCode(200)
  async validate(@Req() request: AuthenticatedRequest): Promise<JudgementReply> {
    const { principal, correlationId } = request;
    await authorise(this.platform, principal, correlationId, 'intent.validate', {});
    const { decision, resolution, payloadFault } = await this.platform.intake.validate(
      principal,
      intakeRequest(request),
    );
    const acceptable = decision.effect === 'allow' && resolution.ok && payloadFault === null;
    return {
      acceptable,
      decision,
      resolution: resolution.ok
        ? { revision: resolution.value.revision, capabilities: resolution.value.answering.map((one) => one.resolved) }
        : { code: resolution.error.code, detail: resolution.error.detail },
      payload:
        payloadFault === null
          ? { valid: resolution.ok }
          : { valid: false, field: `/payload${payloadFault.pointer}`, detail: payloadFault.message },
    };
  }
}

/** Milliseconds of `Prefer: wait=N` (RFC 7240); 0 without one. */
function waitOf(header: string | string[] | undefined): number {
  const text = Array.isArray(header) ? header.join(',') : header;
  if (text === undefined) return 0;
  const wait = /(?:^|,)\s*wait\s*=\s*"?(\d{1,6})"?\s*(?:[,;]|$)/i.exec(text)?.[1];
  if (wait === undefined) return 0;
  const seconds = Number(wait);
  if (seconds > WAIT_S_MAX)
    throw new FailureError(
      failure('invalid_request', `wait may be at most ${WAIT_S_MAX} seconds`, { field: 'header prefer' }),
    );
  return seconds * 1_000;
}

const EMPTY = Buffer.alloc(0);

const intakeRequest = (request: AuthenticatedRequest): IntakeRequest => ({
  body: (request.body as Buffer | undefined) ?? EMPTY,
  headers: request.headers,
  query: request.query as Record<string, unknown>,
  correlationId: request.correlationId,
  traceparent: traceparentOf(request.headers['traceparent']),
});
