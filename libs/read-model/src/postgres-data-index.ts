import { provenanceEntry } from '@intendant/data-brain';
import type { DataReference, DescribedColumn, LineageDirection, LineageEdge } from '@intendant/intent-model';
import type { EntityManager } from 'typeorm';
import type { ProvenancePlace, ReferencePlace } from './cursors.js';
import type { DataIndex, DataScope, ProvenancePage, ReferenceFilter, ReferencePage } from './data-index.js';
import { DESCRIBE, EDGES, LIST, LIST_OF_EXECUTION, PROVENANCE } from './data-queries.js';

/** Asks within one tenant, in one transaction. */
type Ask = <T>(tenantId: string, work: (manager: EntityManager) => Promise<T>) => Promise<T>;

/** Asks the tables `data_entry` and `data_source`. */
export class PostgresDataIndex implements DataIndex {
  constructor(private readonly ask: Ask) {}

  async list(
    scope: DataScope,
    filter: ReferenceFilter,
    after: ReferencePlace | null,
    limit: number,
  ): Promise<ReferencePage> {
    const { executionId, type } = filter;
    const given = [type ?? null, after?.occurredAt ?? null, after?.reference ?? null, limit + 1];
    return this.ask(scope.tenantId, async (manager) => {
      const found: ListedRow[] = await (executionId === undefined
        ? manager.query(LIST, scoped(scope, given))
        : manager.query(LIST_OF_EXECUTION, scoped(scope, [...given, executionId])));
      const shown = found.slice(0, limit);
      const last = found.length > limit ? shown.at(-1) : undefined;
      return {
        references: await describe(
          manager,
          scope,
          shown.map(({ reference }) => reference),
        ),
        next: last === undefined ? null : { occurredAt: last.occurred_at.toISOString(), reference: last.reference },
      };
    });
  }

  describe(scope: DataScope, references: readonly string[]): Promise<readonly DataReference[]> {
    return this.ask(scope.tenantId, (manager) => describe(manager, scope, references));
  }

  async provenance(
    scope: DataScope,
    reference: string,
    after: ProvenancePlace | null,
    limit: number,
  ): Promise<ProvenancePage> {
    const from = [after?.occurredAt, after?.partition, after?.position, after?.seq, after?.place];
    const parameters = [reference, ...from.map((part) => part ?? null), limit + 1];
    const found = await this.#rows<ProvenanceRow>(scope, PROVENANCE, parameters);
    const shown = found.slice(0, limit);
    const last = found.length > limit ? shown.at(-1) : undefined;
    return {
      entries: shown.map((row) => provenanceEntry(factOf(reference, row))),
      next: last === undefined ? null : placeOf(last),
    };
  }

  async edges(
    scope: DataScope,
    references: readonly string[],
    direction: LineageDirection,
    limit: number,
  ): Promise<readonly LineageEdge[]> {
    const rows = await this.#rows<EdgeRow>(scope, EDGES[direction], [references, limit]);
    return rows.map(({ source, reference, execution_id: executionId, basis }) => ({
      sourceReferenceId: source,
      referenceId: reference,
      executionId,
      basis,
    }));
  }

  #rows<T>(scope: DataScope, sql: string, parameters: readonly unknown[]): Promise<T[]> {
    return this.ask(scope.tenantId, (manager) => manager.query(sql, scoped(scope, parameters)));
  }
}

/** Every question begins with whom it is for. */
const scoped = ({ tenantId, userId }: DataScope, parameters: readonly unknown[]): unknown[] => [
  tenantId,
  userId,
  ...parameters,
];

async function describe(
  manager: EntityManager,
  scope: DataScope,
  references: readonly string[],
): Promise<readonly DataReference[]> {
  if (references.length === 0) return [];
  const rows: DescribedRow[] = await manager.query(DESCRIBE, scoped(scope, [references]));
  return rows.map(described);
}

interface ListedRow {
  readonly reference: string;
  readonly occurred_at: Date;
}

interface DescribedRow {
  readonly reference: string;
  readonly created_at: Date;
  readonly execution_id: string | null;
  readonly resource_class: string;
  readonly content_ref: string | null;
  readonly size_bytes: string | null;
  readonly columns: DescribedColumn[];
  readonly user_id: string;
  readonly stream_id: string;
  readonly seq: number;
}

interface ProvenanceRow {
  readonly basis: 'registration' | 'given' | 'cited';
  readonly is_first: boolean;
  readonly occurred_at: Date;
  readonly partition: number;
  readonly position: string;
  readonly seq: number;
  readonly place: number;
  readonly stream_id: string;
  readonly user_id: string;
  readonly execution_id: string | null;
  readonly source_count: number;
  readonly sources: string[];
  readonly decision_id: string | null;
  readonly pointers: string[];
  readonly derived_reference: string | null;
  readonly via_reference: string | null;
}

interface EdgeRow {
  readonly source: string;
  readonly reference: string;
  readonly execution_id: string | null;
  readonly basis: 'cited' | 'given';
}

const described = (row: DescribedRow): DataReference => ({
  referenceId: row.reference,
  referenceType: row.resource_class,
  storageLocation: row.content_ref ?? `log:${row.stream_id}/${row.seq}`,
  metadata: {
    ownerUserId: row.user_id,
    sizeBytes: row.size_bytes === null ? null : Number(row.size_bytes),
    columns: row.columns,
  },
  executionId: row.execution_id,
  createdAt: row.created_at.toISOString(),
});

const factOf = (referenceId: string, row: ProvenanceRow) => ({
  referenceId,
  basis: row.basis,
  isFirst: row.is_first,
  userId: row.user_id,
  executionId: row.execution_id,
  streamId: row.stream_id,
  seq: row.seq,
  place: row.place,
  sourceCount: row.source_count,
  sources: row.sources,
  decisionId: row.decision_id,
  pointers: row.pointers,
  derivedReferenceId: row.derived_reference,
  viaReferenceId: row.via_reference,
  occurredAt: row.occurred_at.toISOString(),
});

const placeOf = (row: ProvenanceRow): ProvenancePlace => ({
  occurredAt: row.occurred_at.toISOString(),
  partition: row.partition,
  position: Number(row.position),
  seq: row.seq,
  place: row.place,
});
