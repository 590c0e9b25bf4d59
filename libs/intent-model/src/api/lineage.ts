import { z } from 'zod';
import { DataReference, DataReferenceId } from './data.js';

/** How far lineage is followed unless asked otherwise, and at most. */
export const LINEAGE_DEPTH_DEFAULT = 10;
export const LINEAGE_DEPTH_MAX = 32;
/** References of one mash. */
export const MASH_REFERENCES_MAX = 32;

/** `upstream`: what it was made from; `downstream`: what was made from it. */
export const LineageDirection = z.enum(['upstream', 'downstream']);
export type LineageDirection = z.infer<typeof LineageDirection>;

/**
 * `cited`: the participant named the source. `given`: it named none, and the execution was given this reference: it may
 * have gone in.
 */
export const LineageEdge = z
  .object({
    sourceReferenceId: DataReferenceId,
    referenceId: DataReferenceId,
    executionId: z.string().nullable(),
    basis: z.enum(['cited', 'given']),
  })
  .meta({ id: 'LineageEdge' });
export type LineageEdge = z.infer<typeof LineageEdge>;

/** Why lineage stops before its ends; what is beyond was not looked at. */
export const LineageBound = z.enum(['depth', 'nodes', 'edges']);
export type LineageBound = z.infer<typeof LineageBound>;

/** `GET /v1/data/references/{referenceId}/lineage`, nearest first. */
export const LineageReply = z
  .object({
    referenceId: DataReferenceId,
    direction: LineageDirection,
    depth: z.int().positive(),
    nodes: z.array(z.object({ referenceId: DataReferenceId, referenceType: z.string(), depth: z.int().nonnegative() })),
    edges: z.array(LineageEdge),
    truncatedBy: LineageBound.nullable(),
  })
  .meta({ id: 'Lineage' });
export type LineageReply = z.infer<typeof LineageReply>;

/** `semantic` asks for everything that is recorded, `lineage` and `schema` for one half of it. */
export const MashQueryType = z.enum(['semantic', 'lineage', 'schema']);
export type MashQueryType = z.infer<typeof MashQueryType>;

/** `POST /v1/data/mash` */
export const MashRequest = z
  .strictObject({
    references: z.array(DataReferenceId).min(1).max(MASH_REFERENCES_MAX),
    queryType: MashQueryType.default('semantic'),
    depth: z.int().min(1).max(LINEAGE_DEPTH_MAX).default(LINEAGE_DEPTH_DEFAULT),
  })
  .meta({ id: 'MashRequest' });
export type MashRequest = z.infer<typeof MashRequest>;

const ReferenceIds = z.array(DataReferenceId);

/** What the log says about several references together. Every part of it is compared, none of it guessed. */
export const MashReply = z
  .object({
    queryType: MashQueryType,
    references: z.array(DataReference),
    /** Asked for and not there, for this caller. */
    notFound: ReferenceIds,
    /** What at least two of them come from, nearest first; a reference is its own ancestor at depth 0. */
    sharedLineage: z.array(
      z.object({
        referenceId: DataReferenceId,
        descendants: z.array(z.object({ referenceId: DataReferenceId, depth: z.int().nonnegative() })),
      }),
    ),
    /** Columns of one name and one type in at least two of them. */
    correlations: z.array(z.object({ column: z.string(), type: z.string(), referenceIds: ReferenceIds })),
    /** Columns of one name and differing types. */
    conflicts: z.array(
      z.object({ column: z.string(), types: z.array(z.object({ type: z.string(), referenceIds: ReferenceIds })) }),
    ),
    /** References that stand for the same bytes. */
    sameContent: z.array(z.object({ storageLocation: z.string(), referenceIds: ReferenceIds })),
    truncatedBy: LineageBound.nullable(),
  })
  .meta({ id: 'Mash' });
export type MashReply = z.infer<typeof MashReply>;

/** `POST /v1/data/projections`, which is deferred. */
export const ProjectionRequest = z
  .strictObject({ referenceId: DataReferenceId, projection: z.enum(['deterministic', 'expert']) })
  .meta({ id: 'ProjectionRequest' });
