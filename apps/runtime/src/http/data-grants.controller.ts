import {
  DataReferenceId,
  FailureError,
  failure,
  GRANTS_MAX,
  Grantee,
  GrantRequest,
  type GrantsReply,
  type JudgedReference,
} from '@intendant/intent-model';
import { grantsOf, type RecordDraft } from '@intendant/wal';
import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Req, UseGuards } from '@nestjs/common';
import { withoutIdentity } from '../intake/identity-override.js';
import { readObject } from '../intake/submission.js';
import type { Platform } from '../platform/compose.js';
import { AuthGuard } from './auth.guard.js';
import { IdentityGuard } from './identity.guard.js';
import { authorise } from './operations.js';
import type { AuthenticatedRequest } from './request-context.js';
import { PLATFORM } from './tokens.js';

/** What an owner lets others use. Smart City decides who may grant; who may use what was granted, it decides at each use. */
@Controller('v1/data/references/:referenceId/grants')
@UseGuards(AuthGuard, IdentityGuard)
export class DataGrantsController {
  constructor(@Inject(PLATFORM) private readonly platform: Platform) {}

  @Get()
  async list(@Req() request: AuthenticatedRequest, @Param('referenceId') referenceId: string): Promise<GrantsReply> {
    await this.#authorise(request, referenceId, {});
    return this.#reply(request, referenceId);
  }

  /** Granting what is granted already changes nothing. */
  @Post()
  @HttpCode(200)
  async grant(@Req() request: AuthenticatedRequest, @Param('referenceId') referenceId: string): Promise<GrantsReply> {
    const body = readObject((request.body as Buffer | undefined) ?? Buffer.alloc(0));
    if (!body.ok) throw new FailureError(body.error);
    const read = GrantRequest.safeParse(withoutIdentity(body.value));
    if (!read.success) throw new FailureError(granteeFault('/grantee'));
    const { grantee } = read.data;
    const granted = await this.#authorise(request, referenceId, { grantee });
    if (granted.some((one) => one.grantee === grantee)) return this.#reply(request, referenceId);
    if (granted.length >= GRANTS_MAX)
      throw new FailureError(
        failure('invalid_request', `a reference has at most ${GRANTS_MAX} grants`, {
          field: '/grantee',
          remedy: 'grant it to a role, or revoke what is not used',
        }),
      );
    await this.#record(request, referenceId, { type: 'grant.given', data: { grantee, reference: referenceId } });
    return this.#reply(request, referenceId);
  }

  /** From the next decision on; what was decided before runs on. Revoking what is not granted changes nothing. */
  @Delete(':grantee')
  async revoke(
    @Req() request: AuthenticatedRequest,
    @Param('referenceId') referenceId: string,
    @Param('grantee') grantee: string,
  ): Promise<GrantsReply> {
    if (!Grantee.safeParse(grantee).success) throw new FailureError(granteeFault('path grantee'));
    const granted = await this.#authorise(request, referenceId, { grantee });
    if (granted.some((one) => one.grantee === grantee))
      await this.#record(request, referenceId, { type: 'grant.revoked', data: { grantee, reference: referenceId } });
    return this.#reply(request, referenceId);
  }

  /** Smart City's word that the reference is the caller's to pass on; resolves with its grants. */
  async #authorise({ principal, correlationId }: AuthenticatedRequest, reference: string, about: object) {
    const judged = DataReferenceId.safeParse(reference).success
      ? await this.platform.references.judge(principal, [{ pointer: '/referenceId', reference }])
      : [];
    // what is another tenant's looks like what never was
    if (judged[0]?.found !== true) throw new FailureError(failure('not_found', 'no such reference'));
    const references = judged as JudgedReference[];
    const input = { reference, ...about };
    const more = { references, about: reference, targetId: reference };
    await authorise(this.platform, principal, correlationId, 'data.grant', input, more);
    return this.platform.references.grants.of(principal.tenantId, reference);
  }

  async #reply({ principal }: AuthenticatedRequest, referenceId: string): Promise<GrantsReply> {
    return { referenceId, grants: [...(await this.platform.references.grants.of(principal.tenantId, referenceId))] };
  }

  async #record(
    { principal, correlationId }: AuthenticatedRequest,
    reference: string,
    what: Pick<Extract<RecordDraft, { type: 'grant.given' | 'grant.revoked' }>, 'type' | 'data'>,
  ): Promise<void> {
    const { tenantId, userId } = principal;
    const attribution = { tenantId, sessionId: null, executionId: null, intentId: null, correlationId };
    const draft: RecordDraft = { ...what, actor: `user:${userId}`, cause: null };
    await this.platform.log.append(grantsOf(tenantId, reference), attribution, [draft]);
  }
}

const granteeFault = (field: string) => failure('invalid_request', 'must be user:{name} or role:{name}', { field });
