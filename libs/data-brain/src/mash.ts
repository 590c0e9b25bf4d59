import type { DataReference, LineageBound, LineageEdge, MashReply, MashRequest } from '@intendant/intent-model';
import { distancesFrom } from './lineage-walk.js';

/** What was looked up for a mash: what of it is there, and the lineage above it. */
export interface MashMaterial {
  readonly references: readonly DataReference[];
  readonly edges: readonly LineageEdge[];
  readonly truncatedBy: LineageBound | null;
}

/** What a mash has to look up: each reference once, and lineage only when it is compared. */
export const mashPlan = ({ references, queryType }: MashRequest) => ({
  references: [...new Set(references)],
  withLineage: queryType !== 'schema',
});

/** Compares what is recorded about references. Reads no data and says nothing that is not in the material. */
export function mashOf(request: MashRequest, material: MashMaterial): MashReply {
  const { references, edges, truncatedBy } = material;
  const found = new Set(references.map(({ referenceId }) => referenceId));
  const withSchema = request.queryType !== 'lineage';
  const columns = withSchema ? columnsByName(references) : [];
  return {
    queryType: request.queryType,
    references: [...references],
    notFound: mashPlan(request).references.filter((referenceId) => !found.has(referenceId)),
    sharedLineage: mashPlan(request).withLineage ? sharedLineage([...found], edges, request.depth) : [],
    correlations: columns.flatMap(({ column, types }) =>
      types
        .filter(({ referenceIds }) => referenceIds.length > 1)
        .map(({ type, referenceIds }) => ({ column, type, referenceIds })),
    ),
    conflicts: columns.filter(({ types }) => types.length > 1),
    sameContent: withSchema ? sameContent(references) : [],
    truncatedBy,
  };
}

/** Ancestors of at least two of the references, nearest to all their descendants first. */
function sharedLineage(
  references: readonly string[],
  edges: readonly LineageEdge[],
  depth: number,
): MashReply['sharedLineage'] {
  const descendants = new Map<string, { referenceId: string; depth: number }[]>();
  for (const referenceId of references)
    for (const [ancestor, distance] of distancesFrom(referenceId, edges, 'upstream', depth))
      appendTo(descendants, ancestor, { referenceId, depth: distance });
  return [...descendants]
    .filter(([, those]) => those.length > 1)
    .map(([referenceId, those]) => ({ referenceId, descendants: those }))
    .sort(
      (one, other) =>
        farthest(one.descendants) - farthest(other.descendants) || compareText(one.referenceId, other.referenceId),
    );
}

const farthest = (descendants: readonly { readonly depth: number }[]): number =>
  Math.max(...descendants.map(({ depth }) => depth));

/** Columns that more than one reference describes, with the references by type. Names are compared as they are. */
function columnsByName(references: readonly DataReference[]): MashReply['conflicts'] {
  const byName = new Map<string, Map<string, string[]>>();
  for (const { referenceId, metadata } of references)
    for (const { name, type } of metadata.columns) {
      const byType = byName.get(name) ?? new Map<string, string[]>();
      byName.set(name, byType);
      appendTo(byType, type, referenceId);
    }
  return [...byName]
    .map(([column, byType]) => ({
      column,
      types: [...byType].map(([type, referenceIds]) => ({ type, referenceIds })),
    }))
    .filter(({ types }) => types.reduce((sum, { referenceIds }) => sum + referenceIds.length, 0) > 1)
    .sort((one, other) => compareText(one.column, other.column));
}

function sameContent(references: readonly DataReference[]): MashReply['sameContent'] {
  const byLocation = new Map<string, string[]>();
  for (const { referenceId, storageLocation } of references) appendTo(byLocation, storageLocation, referenceId);
  return [...byLocation]
    .filter(([, referenceIds]) => referenceIds.length > 1)
    .map(([storageLocation, referenceIds]) => ({ storageLocation, referenceIds }));
}

function appendTo<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const known = lists.get(key);
  if (known === undefined) lists.set(key, [value]);
  else known.push(value);
}

/** By code unit: the same order everywhere. */
const compareText = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
