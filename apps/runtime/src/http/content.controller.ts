import type { Readable } from 'node:stream';
import { type ContentDescriptor, contentRefOf, FailureError, failure, Sha256 } from '@intendant/intent-model';
import { contentOf } from '@intendant/wal';
import { Controller, Get, HttpCode, Inject, Param, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Platform } from '../platform/compose.js';
import { AuthGuard } from './auth.guard.js';
import { IdentityGuard } from './identity.guard.js';
import { authorise } from './operations.js';
import type { AuthenticatedRequest } from './request-context.js';
import { PLATFORM } from './tokens.js';

@Controller('v1/content')
@UseGuards(AuthGuard, IdentityGuard)
export class ContentController {
  constructor(@Inject(PLATFORM) private readonly platform: Platform) {}

  /** Stages bytes: on disk under their digest, and registered in the log as the caller's. */
  @Post()
  @HttpCode(201)
  async stage(@Req() request: AuthenticatedRequest): Promise<ContentDescriptor> {
    const { principal, correlationId } = request;
    const { content, log, freeSpace } = this.platform;
    const declared = declaredDigest(request);
    const closed = freeSpace.shortage();
    if (closed !== null) throw new FailureError(closed);
    await authorise(this.platform, principal, correlationId, 'content.stage', { declared: declared ?? null });
    const descriptor = await content.put(principal.tenantId, request.raw as Readable, declared);
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
    @Param('sha256') sha256: string,
  ): Promise<void> {
    const { principal, correlationId } = request;
    const reference = contentRefOf(sha256);
    const references = await this.platform.references.judge(principal, [{ pointer: '/sha256', reference }]);
    if (references[0]?.found !== true) throw new FailureError(failure('content_not_found', 'no such content'));
    await authorise(this.platform, principal, correlationId, 'content.read', { reference }, { references });
    const { stream, sizeBytes } = await this.platform.content.read(principal.tenantId, sha256);
    await reply.header('content-type', 'application/octet-stream').header('content-length', sizeBytes).send(stream);
  }
}

/** SHA-256 that the caller says the bytes have: `?sha256=` or `Content-Digest: sha-256=:…:` (RFC 9530). */
function declaredDigest(request: AuthenticatedRequest): string | undefined {
  const query = (request.query as Record<string, unknown>)['sha256'];
  const header = request.headers['content-digest'];
  if (query === undefined && header === undefined) return undefined;
  const fromHeader = /^sha-256=:([A-Za-z0-9+/]{43}=):$/.exec(String(header ?? ''))?.[1];
  const declared =
    query === undefined
      ? Buffer.from(fromHeader ?? '', 'base64').toString('hex')
      : (typeof query === 'string' ? query : '').toLowerCase();
  if (Sha256.safeParse(declared).success) return declared;
  const field = query === undefined ? 'header content-digest' : 'query sha256';
  throw new FailureError(failure('invalid_request', 'the declared digest is not a SHA-256', { field }));
}
