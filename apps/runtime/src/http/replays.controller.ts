import { stateDigestOf } from '@intendant/execution';
import type { ReplayReply, ValidationReply } from '@intendant/intent-model';
import { digestOf } from '@intendant/kernel';
import { findingsOf, replayEvents, replayState } from '@intendant/replay';
import type { Entry } from '@intendant/wal';
import { Controller, HttpCode, Inject, Param, Post, Req, UseGuards } from '@nestjs/common';
import { recordedReplay } from '../audit/recorded-replay.js';
import { validateInLog } from '../audit/validate-in-log.js';
import type { Platform } from '../platform/compose.js';
import { AuthGuard } from './auth.guard.js';
import { IdentityGuard, TakesMembers } from './identity.guard.js';
import { requireNoBody } from './no-body.js';
import { authorise } from './operations.js';
import { requireOwnTenant } from './own-tenant.js';
import { REPLAY_MEMBERS, replayModeOf } from './replay-request.js';
import type { AuthenticatedRequest } from './request-context.js';
import { PLATFORM } from './tokens.js';

/** Replay and validation: authorised, recorded, and without any effect on what is replayed. */
@Controller('v1')
@UseGuards(AuthGuard, IdentityGuard)
export class ReplaysController {
  constructor(@Inject(PLATFORM) private readonly platform: Platform) {}

  @Post(['executions/:executionId/replay', 'sagas/:executionId/replay'])
  @HttpCode(200)
  @TakesMembers(REPLAY_MEMBERS)
  async replay(@Req() request: AuthenticatedRequest, @Param('executionId') executionId: string): Promise<ReplayReply> {
    const mode = replayModeOf(request.body as Buffer | undefined);
    await this.#mayReplay(request, executionId);
    return recordedReplay<Omit<ReplayReply, 'replayId'>>(this.platform, request, mode, executionId, async () => {
      const entries = await this.platform.wal.readStream(executionId);
      if (mode === 'events_only') {
        const { records, digest } = replayEvents(entries);
        return { digest, findings: [], body: { executionId, mode, digest, records: [...records] } };
      }
      if (mode === 'full') return this.#replayFully(executionId, entries);
      const { state, digest } = replayState(executionId, entries);
      const live = stateDigestOf((await this.platform.supervisor.read(executionId)) ?? state);
      const findings = live === digest ? [] : [`the live state has digest ${live}`];
      return {
        digest,
        findings,
        body: { executionId, mode, digest, liveDigest: live, equal: findings.length === 0, state: { ...state } },
      };
    });
  }

  /** What did not run again counts as a finding: nobody knows whether it would have done the same. */
  async #replayFully(executionId: string, entries: readonly Entry[]) {
    const replay = await this.platform.handlerReplay.run(executionId, entries);
    const { digest, equal, steps, firstDivergence } = replay;
    const body = { executionId, mode: 'full' as const, digest, equal, steps: [...steps], firstDivergence };
    return { digest, findings: findingsOf(replay), body };
  }

  @Post('executions/:executionId/validate')
  @HttpCode(200)
  async validate(
    @Req() request: AuthenticatedRequest,
    @Param('executionId') executionId: string,
  ): Promise<ValidationReply> {
    requireNoBody(request.body);
    await this.#mayReplay(request, executionId, 'execution.validate');
    return recordedReplay(this.platform, request, 'validate', executionId, async () => {
      const report = await validateInLog(this.platform.wal, executionId);
      const findings = report.checks
        .filter((check) => !check.passed)
        .map((check) => `${check.check}: ${check.finding}`);
      return { digest: digestOf(report), findings, body: { ...report, checks: [...report.checks] } };
    });
  }

  /** Authorised first; then another tenant's execution answers like a missing one. */
  async #mayReplay(request: AuthenticatedRequest, executionId: string, action = 'replay.request'): Promise<void> {
    const { principal, correlationId } = request;
    await authorise(this.platform, principal, correlationId, action, { executionId }, { targetId: executionId });
    // can be told even when its log does not verify: the key to the report of what is wrong
    await requireOwnTenant(this.platform, principal, 'execution', executionId);
  }
}
