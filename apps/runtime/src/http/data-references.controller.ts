import type { DataReference, DataReferencesReply, LineageReply, ProvenanceReply } from '@intendant/intent-model';
import { DataReferenceId, FailureError, failure } from '@intendant/intent-model';
import { provenanceCursor, referenceCursor } from '@intendant/read-model';
import { Controller, Get, Inject, Param, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import type { Platform } from '../platform/compose.js';
import { LineageQuery, ProvenanceQuery, ReferencesQuery, WaitQuery } from '../read-model/data-parameters.js';
import { dataReader } from '../read-model/data-reader.js';
import { queryWithoutIdentity } from '../read-model/list-caller.js';
import { readQuery } from '../read-model/list-parameters.js';
import { AuthGuard } from './auth.guard.js';
import type { AuthenticatedRequest } from './request-context.js';
import { PLATFORM } from './tokens.js';

/** What the log says about references. Answers references, never what they stand for. */
@Controller('v1/data/references')
@UseGuards(AuthGuard)
export class DataReferencesController {
  constructor(@Inject(PLATFORM) private readonly platform: Platform) {}

  /** Newest first: the tenant's for those who see everybody's executions, else the caller's own. */
  @Get()
  async list(
    @Req() request: AuthenticatedRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DataReferencesReply> {
    const { cursor, limit, waitFor, ...filter } = await this.#query(request, ReferencesQuery);
    const { scope, index } = await dataReader(this.platform, request, reply, waitFor);
    const page = await index.list(scope, filter, cursor ?? null, limit);
    return {
      scope: scope.userId === null ? 'tenant' : 'own',
      references: [...page.references],
      nextCursor: page.next === null ? null : referenceCursor(page.next),
    };
  }

  @Get(':referenceId')
  async get(
    @Req() request: AuthenticatedRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Param('referenceId') referenceId: string,
  ): Promise<DataReference> {
    const { waitFor } = await this.#query(request, WaitQuery);
    return (await dataReader(this.platform, request, reply, waitFor)).reference(checkedReference(referenceId));
  }

  /** Oldest first. */
  @Get(':referenceId/provenance')
  async provenance(
    @Req() request: AuthenticatedRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Param('referenceId') referenceId: string,
  ): Promise<ProvenanceReply> {
    const { cursor, limit, waitFor } = await this.#query(request, ProvenanceQuery);
    const reader = await dataReader(this.platform, request, reply, waitFor);
    await reader.reference(checkedReference(referenceId));
    const page = await reader.index.provenance(reader.scope, referenceId, cursor ?? null, limit);
    return {
      referenceId,
      entries: [...page.entries],
      nextCursor: page.next === null ? null : provenanceCursor(page.next),
    };
  }

  /** Nearest first, as far as `depth`. */
  @Get(':referenceId/lineage')
  async lineage(
    @Req() request: AuthenticatedRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Param('referenceId') referenceId: string,
  ): Promise<LineageReply> {
    const { direction, depth, waitFor } = await this.#query(request, LineageQuery);
    const reader = await dataReader(this.platform, request, reply, waitFor);
    await reader.reference(checkedReference(referenceId));
    const { nodes, edges, truncatedBy } = await reader.lineage([referenceId], direction, depth);
    const described = await reader.index.describe(
      reader.scope,
      nodes.map((node) => node.referenceId),
    );
    const types = new Map(described.map((one) => [one.referenceId, one.referenceType]));
    return {
      referenceId,
      direction,
      depth,
      nodes: nodes.map((node) => ({ ...node, referenceType: types.get(node.referenceId) ?? 'unknown' })),
      edges,
      truncatedBy,
    };
  }

  async #query<T extends z.ZodObject>(request: AuthenticatedRequest, schema: T): Promise<z.infer<T>> {
    const query = await queryWithoutIdentity(this.platform, request, Object.keys(schema.shape));
    return readQuery(schema, query);
  }
}

/** A text that can be no reference is none, like one that nobody registered. */
function checkedReference(text: string): string {
  if (DataReferenceId.safeParse(text).success) return text;
  throw new FailureError(failure('not_found', 'no such reference'));
}
