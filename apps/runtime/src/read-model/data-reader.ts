import { type EdgeLookUp, followLineage, LineageWalk } from '@intendant/data-brain';
import { type DataReference, FailureError, failure, type LineageDirection } from '@intendant/intent-model';
import type { DataIndex, DataScope } from '@intendant/read-model';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import type { AuthenticatedRequest } from '../http/request-context.js';
import type { Platform } from '../platform/compose.js';
import { reachedPositions, seesEverybodys } from './list-caller.js';
import type { WaitFor } from './list-parameters.js';

/** Most of a lineage that is followed for one answer. */
const LINEAGE_NODES_MAX = 1_000;
const LINEAGE_EDGES_MAX = 5_000;

/** The index of references, for one caller. */
export interface DataReader {
  readonly scope: DataScope;
  readonly index: DataIndex;
  /** Throws `not_found` for what is not in the caller's scope, another tenant's included. */
  reference(referenceId: string): Promise<DataReference>;
  lineage(starts: readonly string[], direction: LineageDirection, depth: number): Promise<LineageWalk>;
}

/**
 * Asks policy once whether the caller sees what others of the tenant did; references come from executions, and whoever may
 * read everybody's sees everybody's references. Waits until the lists know of `waitFor`, and tells their lag.
 */
export async function dataReader(
  platform: Platform,
  request: AuthenticatedRequest,
  reply: FastifyReply,
  waitFor: z.output<typeof WaitFor>,
): Promise<DataReader> {
  const { lists } = platform.readModel;
  const { tenantId, userId } = request.principal;
  const scope = { tenantId, userId: (await seesEverybodys(platform, request)) ? null : userId };
  const positions = await reachedPositions(platform, request.principal, waitFor);
  void reply.header('x-read-model-lag', await lists.lagOf(positions));
  const index = lists.model.data;
  return {
    scope,
    index,
    async reference(referenceId) {
      const [found] = await index.describe(scope, [referenceId]);
      if (found === undefined) throw new FailureError(failure('not_found', 'no such reference'));
      return found;
    },
    lineage(starts, direction, depth) {
      const bounds = { depth, nodesMax: LINEAGE_NODES_MAX, edgesMax: LINEAGE_EDGES_MAX };
      const lookUp: EdgeLookUp = (references, limit) => index.edges(scope, references, direction, limit);
      return followLineage(new LineageWalk(starts, direction, bounds), lookUp);
    },
  };
}
