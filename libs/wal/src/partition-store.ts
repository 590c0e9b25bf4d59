import type { ContentDescriptor } from '@intendant/intent-model';
import type { JsonValue } from '@intendant/kernel';

/** One user's registration of a reference. The same bytes registered by two users belong to both. */
export interface ReferenceRow {
  readonly tenantId: string;
  readonly reference: string;
  readonly ownerUserId: string;
  readonly resourceClass: string;
  readonly content: ContentDescriptor | null;
  /** Execution whose stream holds the artifact; null for staged content. */
  readonly executionId: string | null;
}

/** Holder of an idempotency key. */
export interface KeyRow {
  readonly keyDigest: string;
  readonly executionId: string;
  readonly fingerprint: string;
}

/** One change that an entry makes to the store. Applying an entry twice changes nothing. */
export type StoreChange =
  | ({ readonly kind: 'key' } & KeyRow)
  | { readonly kind: 'live'; readonly executionId: string; readonly live: boolean }
  | ({ readonly kind: 'reference' } & ReferenceRow)
  | { readonly kind: 'state'; readonly ownerId: string; readonly key: string; readonly value: JsonValue }
  | { readonly kind: 'refusal'; readonly refusalId: string; readonly tenantId: string; readonly seq: number };

/**
 * Rebuildable index beside the log: what must be found without reading the log from its start. It is a fold of the log
 * (`changesOf`), applied in the same transaction as the append on the embedded backend.
 */
export interface PartitionStore {
  /** The execution a key is bound to. */
  keyHolder(keyDigest: string): KeyRow | undefined;
  /** Executions of a partition that have not settled. */
  liveExecutions(partition: number): readonly string[];
  /** Every registration of a reference in a tenant; empty when there is none. */
  references(tenantId: string, reference: string): readonly ReferenceRow[];
  /** Last committed value, or undefined. */
  state(ownerId: string, key: string): JsonValue | undefined;
  /** Seq of a refusal in its tenant's refusal stream. */
  refusalSeq(tenantId: string, refusalId: string): number | undefined;
  /** Position of the last entry applied. */
  applied(partition: number): number;
}
