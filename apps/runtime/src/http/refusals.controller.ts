import {
  FailureError,
  failure,
  type Principal,
  type RefusalReply,
  type RefusalSummary,
  type RefusalsReply,
} from '@intendant/intent-model';
import { isIdOf } from '@intendant/kernel';
import { type LogRecord, refusalsOf } from '@intendant/wal';
import { Controller, Get, Inject, Param, Req, UseGuards } from '@nestjs/common';
import type { Platform } from '../platform/compose.js';
import { queryWithoutIdentity } from '../read-model/list-caller.js';
import { RefusalsQuery, readQuery } from '../read-model/list-parameters.js';
import { AuthGuard } from './auth.guard.js';
import { IdentityGuard, TakesQuery } from './identity.guard.js';
import { authorise, isAllowed } from './operations.js';
import { refusalsPage } from './refusals-page.js';
import type { AuthenticatedRequest } from './request-context.js';
import { PLATFORM } from './tokens.js';

/** What was refused, and why: the caller's own refusals, or all of the tenant's with `refusal.read`. */
@Controller('v1/refusals')
@UseGuards(AuthGuard, IdentityGuard)
export class RefusalsController {
  constructor(@Inject(PLATFORM) private readonly platform: Platform) {}

  /** Newest first; `before` is the `nextBefore` of the page before. Without `refusal.read` one sees one's own. */
  @Get()
  @TakesQuery(Object.keys(RefusalsQuery.shape))
  async list(@Req() request: AuthenticatedRequest): Promise<RefusalsReply> {
    const { principal } = request;
    const { before, limit } = readQuery(RefusalsQuery, await queryWithoutIdentity(this.platform, request, []));
    const everybodys = await isAllowed(this.platform, principal, 'refusal.read');
    const stream = refusalsOf(principal.tenantId);
    await this.platform.log.catchUp(stream);
    const { page, nextBefore } = await refusalsPage(
      (beforeSeq, count) => this.platform.wal.readStreamBackwards(stream, beforeSeq, count),
      (entry) => everybodys || isOf(principal, entry.records),
      before,
      limit,
    );
    return { refusals: page.map((entry) => refusalView(entry.records)), nextBefore };
  }

  @Get(':refusalId')
  async get(@Req() request: AuthenticatedRequest, @Param('refusalId') refusalId: string): Promise<RefusalReply> {
    const { principal, correlationId } = request;
    await this.platform.log.catchUp(refusalsOf(principal.tenantId));
    const seq = isIdOf('rfs', refusalId)
      ? this.platform.wal.store.refusalSeq(principal.tenantId, refusalId)
      : undefined;
    if (seq === undefined) throw new FailureError(failure('not_found', 'no such refusal'));
    const [entry] = await this.platform.wal.readStreamBackwards(refusalsOf(principal.tenantId), seq + 1, 1);
    const records = entry?.records ?? [];
    if (!isOf(principal, records))
      await authorise(this.platform, principal, correlationId, 'refusal.read', { refusalId }, { targetId: refusalId });
    return { ...refusalView(records), records: [...records] };
  }
}

const isOf = (principal: Principal, records: readonly LogRecord[]): boolean =>
  records.some((record) => record.actor === `user:${principal.userId}`);

function refusalView(records: readonly LogRecord[]): RefusalSummary {
  const rejected = records.find((record) => record.type === 'intent.rejected');
  const counted = records.filter((record) => record.type === 'refusal.counted').map((record) => record.data);
  const received = records.find((record) => record.type === 'intent.received');
  const decided = records.find((record) => record.type === 'policy.decided');
  return {
    refusalId: rejected?.data.refusalId ?? null,
    code: rejected?.data.code ?? null,
    detail: rejected?.data.detail ?? null,
    field: rejected?.data.field ?? null,
    mismatches: rejected?.data.mismatches ?? null,
    // of those who asked: the decision before it is recorded as Smart City's
    actor: rejected?.actor ?? records[0]?.actor ?? null,
    action: rejected?.data.asked?.action ?? null,
    targetId: rejected?.data.asked?.targetId ?? null,
    intentType: received?.data.intent.intentType ?? null,
    payloadDigest: received?.data.intent.payloadDigest ?? null,
    decisionId: decided?.data.decision.decisionId ?? null,
    correlationId: records[0]?.correlationId ?? null,
    occurredAt: records[0]?.occurredAt ?? null,
    counted: counted.length === 0 ? null : counted,
  };
}
