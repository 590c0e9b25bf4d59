import type { DataReference, LineageDirection, LineageEdge, ProvenanceEntry } from '@intendant/intent-model';
import type { ProvenancePlace, ReferencePlace } from './cursors.js';

/**
 * For whom references are looked at. Nothing of another tenant is ever found. With a user, only what that user registered
 * and what executions of theirs were given; what others did with it is not told.
 */
export interface DataScope {
  readonly tenantId: string;
  /** Null for everybody's. */
  readonly userId: string | null;
}

export interface ReferenceFilter {
  /** References that this execution registered, was given, or named as sources. */
  readonly executionId?: string;
  readonly type?: string;
}

export interface ReferencePage {
  readonly references: readonly DataReference[];
  readonly next: ReferencePlace | null;
}

export interface ProvenancePage {
  readonly entries: readonly ProvenanceEntry[];
  readonly next: ProvenancePlace | null;
}

/** References, where they come from and what became of them, as the log tells it. Holds no data that they stand for. */
export interface DataIndex {
  /** Newest first. Without an execution and within a user's scope: what that user registered. */
  list(scope: DataScope, filter: ReferenceFilter, after: ReferencePlace | null, limit: number): Promise<ReferencePage>;
  /** Those of the references that are in the scope, in the order asked. */
  describe(scope: DataScope, references: readonly string[]): Promise<readonly DataReference[]>;
  /** Oldest first. */
  provenance(
    scope: DataScope,
    reference: string,
    after: ProvenancePlace | null,
    limit: number,
  ): Promise<ProvenancePage>;
  /** Up to `limit` edges at these references in one direction; both ends of each are in the scope. */
  edges(
    scope: DataScope,
    references: readonly string[],
    direction: LineageDirection,
    limit: number,
  ): Promise<readonly LineageEdge[]>;
}
