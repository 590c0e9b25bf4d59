import { FailureError, failure, type SessionReplayReply } from '@intendant/intent-model';
import type { ListedExecution } from '@intendant/read-model';
import { Controller, HttpCode, Inject, Param, Post, Req, UseGuards } from '@nestjs/common';
import { recordedReplay } from '../audit/recorded-replay.js';
import type { Platform } from '../platform/compose.js';
import { replaySession } from '../read-model/session-replay.js';
import { AuthGuard } from './auth.guard.js';
import { IdentityGuard, TakesMembers } from './identity.guard.js';
import { authorise } from './operations.js';
import { requireOwnTenant } from './own-tenant.js';
import { REPLAY_MEMBERS, sessionReplayModeOf } from './replay-request.js';
import type { AuthenticatedRequest } from './request-context.js';
import { PLATFORM } from './tokens.js';

/** Executions of one answer; a part of a session would not be the session. */
const EXECUTIONS_MAX = 1_000;

/** Replay of everything that happened in a session. */
@Controller('v1/sessions')
@UseGuards(AuthGuard, IdentityGuard)
export class SessionReplayController {
  constructor(@Inject(PLATFORM) private readonly platform: Platform) {}

  @Post(':sessionId/replay')
  @HttpCode(200)
  @TakesMembers(REPLAY_MEMBERS)
  async replay(
    @Req() request: AuthenticatedRequest,
    @Param('sessionId') sessionId: string,
  ): Promise<SessionReplayReply> {
    const { platform } = this;
    const { principal, correlationId } = request;
    const mode = sessionReplayModeOf(request.body as Buffer | undefined);
    const target = { targetId: sessionId };
    await authorise(platform, principal, correlationId, 'replay.request', { sessionId }, target);
    // Whose session it is can be told even when its stream does not verify.
    await requireOwnTenant(platform, principal, 'session', sessionId);
    const executions = await this.#executionsOf(principal.tenantId, sessionId);
    return recordedReplay(platform, request, mode, sessionId, async () => {
      const served = (executionId: string) => platform.supervisor.read(executionId);
      const { streams, digest, findings } = await replaySession(platform.log, served, mode, sessionId, executions);
      return { digest, findings, body: { sessionId, mode, digest, streams: [...streams], findings: [...findings] } };
    });
  }

  /** All of them: the read model is asked once it knows of everything the log holds now. */
  async #executionsOf(tenantId: string, sessionId: string): Promise<readonly ListedExecution[]> {
    const { lists } = this.platform.readModel;
    await lists.coveringAll();
    const executions = await lists.model.executionsOfSession(tenantId, sessionId, EXECUTIONS_MAX + 1);
    if (executions.length <= EXECUTIONS_MAX) return executions;
    throw new FailureError(
      failure('invalid_request', `the session has more than ${EXECUTIONS_MAX} executions`, {
        remedy: 'list them with GET /v1/executions?sessionId=… and replay them by id',
      }),
    );
  }
}
