import { mashOf, mashPlan } from '@intendant/data-brain';
import { FailureError, failure, type MashReply, MashRequest, ProjectionRequest } from '@intendant/intent-model';
import { pointerOf } from '@intendant/kernel';
import { Controller, HttpCode, Inject, Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { identityMismatches, withoutIdentity } from '../intake/identity-override.js';
import { readObject } from '../intake/submission.js';
import type { Platform } from '../platform/compose.js';
import { WaitQuery } from '../read-model/data-parameters.js';
import { dataReader } from '../read-model/data-reader.js';
import { queryWithoutIdentity } from '../read-model/list-caller.js';
import { readQuery } from '../read-model/list-parameters.js';
import { AuthGuard } from './auth.guard.js';
import { refuseOverride } from './identity.guard.js';
import type { AuthenticatedRequest } from './request-context.js';
import { PLATFORM } from './tokens.js';

/** Questions about several references at once. */
@Controller('v1/data')
@UseGuards(AuthGuard)
export class DataQueriesController {
  constructor(@Inject(PLATFORM) private readonly platform: Platform) {}

  /** Compares what is recorded about references where they are: takes nothing in, opens nothing, keeps nothing. */
  @Post('mash')
  @HttpCode(200)
  async mash(
    @Req() request: AuthenticatedRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<MashReply> {
    const asked = await this.#body(request, MashRequest);
    const query = await queryWithoutIdentity(this.platform, request, Object.keys(WaitQuery.shape));
    const reader = await dataReader(this.platform, request, reply, readQuery(WaitQuery, query).waitFor);
    const plan = mashPlan(asked);
    const references = await reader.index.describe(reader.scope, plan.references);
    const starts = plan.withLineage ? references.map(({ referenceId }) => referenceId) : [];
    const { edges, truncatedBy } = await reader.lineage(starts, 'upstream', asked.depth);
    return mashOf(asked, { references, edges, truncatedBy });
  }

  /** What a reference means to a person or a model is not ours to make up: deferred, and said so. */
  @Post('projections')
  @HttpCode(200)
  async project(@Req() request: AuthenticatedRequest): Promise<never> {
    await this.#body(request, ProjectionRequest);
    throw new FailureError(
      failure('deferred', 'semantic projection of references is deferred', {
        extra: { feature: 'semantic_projection' },
      }),
    );
  }

  /** The body, which may repeat the caller's identity and nothing else of it. */
  async #body<T extends z.ZodObject>(request: AuthenticatedRequest, schema: T): Promise<z.infer<T>> {
    const object = readObject((request.body as Buffer | undefined) ?? Buffer.from(''));
    if (!object.ok) throw new FailureError(object.error);
    const mismatches = identityMismatches(
      request.principal,
      object.value,
      request.headers,
      request.query as Record<string, unknown>,
    );
    if (mismatches.length > 0) return refuseOverride(this.platform, request, mismatches);
    const parsed = schema.safeParse(withoutIdentity(object.value));
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    const extra = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
    const field = pointerOf([...((issue?.path ?? []) as (string | number)[]), ...extra]);
    throw new FailureError(failure('invalid_request', issue?.message ?? 'malformed', { field }));
  }
}
