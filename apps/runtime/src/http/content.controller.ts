import type { Readable } from 'node:stream';
import { type ContentDescriptor, contentRefOf, FailureError, failure } from '@intendant/intent-model';
import { contentOf } from '@intendant/wal';
import { Controller, Get, HttpCode, Inject, Param, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Platform } from '../platform/compose.js';
import { AuthGuard } from './auth.guard.js';
import { namesEntity } from './conditional-request.js';
import { declaredDigest } from './declared-digest.js';
import { IdentityGuard, TakesQuery } from './identity.guard.js';
import { authorise } from './operations.js';
import type { AuthenticatedRequest } from './request-context.js';
import { PLATFORM } from './tokens.js';

/** A browser is to save what somebody uploaded, not to show it; a cache is to ask each time, for policy may have changed. */
const NEVER_RENDERED = {
  'accept-ranges': 'none',
  'cache-control': 'private, no-cache',
  'content-disposition': 'attachment',
  vary: 'authorization',
  'x-content-type-options': 'nosniff',
};

@Controller('v1/content')
@UseGuards(AuthGuard, IdentityGuard)
export class ContentController {
  constructor(@Inject(PLATFORM) private readonly platform: Platform) {}

  /** Stages bytes: on disk under their digest, and registered in the log as the caller's. */
  @Post()
  @HttpCode(201)
  @TakesQuery(['sha256'])
  async stage(@Req() request: AuthenticatedRequest): Promise<ContentDescriptor> {
    const { principal, correlationId } = request;
    const { content, log, freeSpace } = this.platform;
    const { sha256 } = request.query as Record<string, unknown>;
    const declared = declaredDigest(sha256, request.headers['content-digest'] as string | undefined);
    const shortage = () => freeSpace.shortage();
    const closed = shortage();
    if (closed !== null) throw new FailureError(closed);
    await authorise(this.platform, principal, correlationId, 'content.stage', {
      declared: declared?.sha256 ?? null,
    });
    const descriptor = await content.put(principal.tenantId, request.raw as Readable, declared, shortage);
    const attribution = {
      tenantId: principal.tenantId,
      sessionId: null,
      executionId: null,
      intentId: null,
      correlationId,
    };
    await log.append(contentOf(principal.tenantId), attribution, [
      {
        type: 'data.registered',
        actor: `user:${principal.userId}`,
        cause: null,
        data: {
          content: descriptor,
          ownerUserId: principal.userId,
          reference: descriptor.ref,
          resourceClass: 'content',
          sources: [],
        },
      },
    ]);
    return descriptor;
  }

  @Get(':sha256')
  async read(
    @Req() request: AuthenticatedRequest,
    @Res() reply: FastifyReply,
    @Param('sha256') digest: string,
  ): Promise<void> {
    const { principal, correlationId } = request;
    // hexadecimal in either case, as where it is declared
    const sha256 = digest.toLowerCase();
    const reference = contentRefOf(sha256);
    const references = await this.platform.references.judge(principal, [{ pointer: '/sha256', reference }]);
    if (references[0]?.found !== true) throw new FailureError(failure('content_not_found', 'no such content'));
    const more = { references, targetId: reference };
    await authorise(this.platform, principal, correlationId, 'content.read', { reference }, more);
    const etag = `"${sha256}"`;
    if (namesEntity(request.headers['if-none-match'], etag)) {
      await reply
        .headers({ ...NEVER_RENDERED, etag })
        .status(304)
        .send();
      return;
    }
    const known = this.platform.wal.store.references(principal.tenantId, reference)[0]?.content?.sizeBytes;
    const { stream, sizeBytes } = await this.platform.content.read(principal.tenantId, sha256, known);
    const described = { 'content-type': 'application/octet-stream', 'content-length': sizeBytes, etag };
    await reply.headers({ ...NEVER_RENDERED, ...described }).send(stream);
  }
}
