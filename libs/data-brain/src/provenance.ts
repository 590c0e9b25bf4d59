import type { DataOperation, ProvenanceEntry } from '@intendant/intent-model';

/** One thing that the log says about a reference, as it is found. */
export interface ProvenanceFact {
  readonly referenceId: string;
  readonly basis: 'registration' | 'given' | 'cited';
  /** No registration of the reference that the reader can see is older. */
  readonly isFirst: boolean;
  readonly userId: string;
  readonly executionId: string | null;
  readonly streamId: string;
  readonly seq: number;
  /** Tells apart what one record says: 0 for the first. */
  readonly place: number;
  /** Sources that the record names, whatever became of them. */
  readonly sourceCount: number;
  /** Those of them that the reader can see. */
  readonly sources: readonly string[];
  readonly decisionId: string | null;
  readonly pointers: readonly string[];
  readonly derivedReferenceId: string | null;
  readonly viaReferenceId: string | null;
  readonly occurredAt: string;
}

export const provenanceEntry = (fact: ProvenanceFact): ProvenanceEntry => ({
  entryId: entryIdOf(fact),
  referenceId: fact.referenceId,
  executionId: fact.executionId,
  operation: operationOf(fact),
  sourceReferenceIds: [...fact.sources],
  metadata: {
    userId: fact.userId,
    decisionId: fact.decisionId,
    pointers: [...fact.pointers],
    derivedReferenceId: fact.derivedReferenceId,
    viaReferenceId: fact.viaReferenceId,
    sourcesNotFound: fact.sourceCount - fact.sources.length,
  },
  createdAt: fact.occurredAt,
});

/** A record about one thing is named by its place in the log; one about several says which. */
const entryIdOf = ({ basis, streamId, seq, place }: ProvenanceFact): string =>
  basis === 'registration' ? `${streamId}/${seq}` : `${streamId}/${seq}/${basis}/${place}`;

function operationOf({ basis, isFirst, sourceCount }: ProvenanceFact): DataOperation {
  if (basis !== 'registration') return basis;
  if (sourceCount > 0) return 'derived_from';
  return isFirst ? 'created' : 'updated';
}
