import type { DataReference, LineageReply, MashReply, ProvenanceEntry, ProvenanceReply } from '@intendant/client';
import { tableLines } from '../table.js';
import { type Palette, printable } from '../terminal.js';

export const referenceLines = (references: readonly DataReference[], palette: Palette): string[] =>
  tableLines(
    ['REFERENCE', 'TYPE', 'BYTES', 'OWNER', 'SINCE', 'EXECUTION'],
    references.map(({ referenceId, referenceType, metadata, createdAt, executionId }) => [
      referenceId,
      referenceType,
      metadata.sizeBytes === null ? '' : String(metadata.sizeBytes),
      metadata.ownerUserId,
      createdAt,
      executionId ?? '',
    ]),
    palette,
  );

export const provenanceLines = ({ entries }: ProvenanceReply, palette: Palette): string[] =>
  tableLines(
    ['AT', 'OPERATION', 'USER', 'EXECUTION', 'WITH'],
    entries.map((entry) => [
      entry.createdAt,
      entry.operation,
      entry.metadata.userId,
      entry.executionId ?? '',
      withWhat(entry),
    ]),
    palette,
  );

/** Its sources, what was made from it, or where in the payload it stood. */
function withWhat({ sourceReferenceIds, metadata }: ProvenanceEntry): string {
  const { derivedReferenceId, viaReferenceId, pointers, sourcesNotFound } = metadata;
  const hidden = sourcesNotFound === 0 ? [] : [`${sourcesNotFound} not found`];
  if (sourceReferenceIds.length + hidden.length > 0) return `from ${[...sourceReferenceIds, ...hidden].join(', ')}`;
  if (derivedReferenceId !== null) return `for ${derivedReferenceId}`;
  return [...(viaReferenceId === null ? [] : [`via ${viaReferenceId}`]), ...pointers].join(', ');
}

/** The nodes, nearest first, each with the edges that lead to it. */
export const lineageLines = ({ nodes, edges, direction }: LineageReply, palette: Palette): string[] =>
  tableLines(
    ['DEPTH', 'REFERENCE', 'TYPE', direction === 'upstream' ? 'WENT INTO' : 'MADE FROM'],
    nodes.map(({ referenceId, referenceType, depth }) => [
      String(depth),
      referenceId,
      referenceType,
      edges
        .filter((edge) => (direction === 'upstream' ? edge.sourceReferenceId : edge.referenceId) === referenceId)
        .map((edge) => `${direction === 'upstream' ? edge.referenceId : edge.sourceReferenceId} (${edge.basis})`)
        .join(', '),
    ]),
    palette,
  );

export function mashLines(mash: MashReply, palette: Palette): string[] {
  const { references, notFound, sharedLineage, correlations, conflicts, sameContent } = mash;
  const rows: (readonly [string, string, string])[] = [
    ...notFound.map((referenceId) => ['not found', referenceId, ''] as const),
    ...sharedLineage.map(({ referenceId, descendants }) => {
      const those = descendants.map(({ referenceId: of, depth }) => `${of} (${depth})`).join(', ');
      return ['shared source', referenceId, those] as const;
    }),
    ...sameContent.map(
      ({ storageLocation, referenceIds }) => ['same content', storageLocation, referenceIds.join(', ')] as const,
    ),
    ...correlations.map(
      ({ column, type, referenceIds }) => ['same column', `${column}: ${type}`, referenceIds.join(', ')] as const,
    ),
    ...conflicts.map(({ column, types }) => {
      const those = types.map(({ type, referenceIds }) => `${type} in ${referenceIds.join(', ')}`);
      return ['type differs', column, those.join('; ')] as const;
    }),
  ];
  const found = rows.length === 0 ? [palette.dim('nothing in common is recorded')] : [];
  const compared = tableLines(['FINDING', 'WHAT', 'OF'], rows, palette);
  const bound = mash.truncatedBy === null ? [] : [printable(`lineage stopped by the bound of ${mash.truncatedBy}`)];
  return [...referenceLines(references, palette), '', ...(rows.length === 0 ? found : compared), ...bound];
}
