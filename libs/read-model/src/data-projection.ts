import { describedColumns, isReferenceText, mentionsOf } from '@intendant/data-brain';
import type { DescribedColumn } from '@intendant/intent-model';
import type { JsonObject } from '@intendant/kernel';
import type { LogRecord, StoredEntry } from '@intendant/wal';

type Registered = Extract<LogRecord, { type: 'data.registered' }>;

/** Where a row comes from: the order of the log, and the instant. Spread into a row it would cost more than the row. */
interface Origin {
  readonly tenantId: string;
  readonly occurredAt: string;
  readonly partition: number;
  readonly position: number;
  readonly streamId: string;
  readonly seq: number;
  readonly executionId: string | null;
}

/** A row of `data_entry`. */
export interface ProjectedDataEntry {
  readonly origin: Origin;
  readonly place: number;
  readonly reference: string;
  readonly basis: 'registration' | 'given';
  readonly userId: string;
  readonly resourceClass: string | null;
  readonly contentRef: string | null;
  readonly sizeBytes: number | null;
  readonly columns: readonly DescribedColumn[];
  readonly sourceCount: number;
  readonly decisionId: string | null;
  readonly pointers: readonly string[];
}

/** A row of `data_source`. */
export interface ProjectedDataSource {
  readonly origin: Origin;
  readonly place: number;
  readonly source: string;
  readonly reference: string;
  readonly userId: string;
}

/** What an entry of the log says about references: registrations, and what an accepted intent was given to read. */
export const dataEntriesOf = (entry: StoredEntry): readonly ProjectedDataEntry[] => [
  ...givenBy(entry),
  ...registrationsIn(entry).map((record) => registration(entry, record)),
];

/** The sources that its registrations name. A text that cannot be a reference is counted with the registration only. */
export const dataSourcesOf = (entry: StoredEntry): readonly ProjectedDataSource[] =>
  registrationsIn(entry).flatMap((record) => {
    const { reference, sources, ownerUserId: userId } = record.data;
    const origin = originOf(entry, record);
    return [...new Set(sources)]
      .filter(isReferenceText)
      .map((source, place) => ({ origin, place, source, reference, userId }));
  });

const registrationsIn = (entry: StoredEntry): Registered[] =>
  entry.records.filter((record) => record.type === 'data.registered');

function registration(entry: StoredEntry, record: Registered): ProjectedDataEntry {
  const { reference, ownerUserId: userId, resourceClass, content, sources } = record.data;
  return {
    origin: originOf(entry, record),
    place: 0,
    reference,
    basis: 'registration',
    userId,
    resourceClass,
    contentRef: content?.ref ?? null,
    sizeBytes: content?.sizeBytes ?? null,
    columns: columnsOf(entry, reference),
    sourceCount: new Set(sources).size,
    decisionId: null,
    pointers: [],
  };
}

/** As the artifact of that name describes them, which is recorded in the entry that registers it. */
function columnsOf(entry: StoredEntry, reference: string): DescribedColumn[] {
  for (const record of entry.records)
    if (record.type === 'artifact.recorded' && record.data.artifact.artifactId === reference)
      return describedColumns(record.data.artifact.semanticPayload as JsonObject);
  return [];
}

/** The references that the decision lets an accepted execution read: it can read no others. */
function givenBy(entry: StoredEntry): ProjectedDataEntry[] {
  const received = entry.records.find((record) => record.type === 'intent.received');
  const decided = entry.records.find((record) => record.type === 'policy.decided');
  const isAccepted = entry.records.some((record) => record.type === 'intent.accepted');
  if (received === undefined || decided === undefined || !isAccepted) return [];
  const { userId, payload } = received.data.intent;
  const { decisionId, obligations } = decided.data.decision;
  const allowed = [...new Set(obligations?.allowedReferences ?? [])].filter(isReferenceText);
  const mentions = mentionsOf((payload ?? {}) as JsonObject, allowed);
  const origin = originOf(entry, decided);
  return allowed.map((reference, place) => ({
    origin,
    place,
    reference,
    basis: 'given',
    userId,
    resourceClass: null,
    contentRef: null,
    sizeBytes: null,
    columns: [],
    sourceCount: 0,
    decisionId,
    pointers: mentions.get(reference) ?? [],
  }));
}

const originOf = ({ partition, position, streamId }: StoredEntry, record: LogRecord): Origin => ({
  tenantId: record.tenantId,
  occurredAt: record.occurredAt,
  partition,
  position,
  streamId,
  seq: record.seq,
  executionId: record.executionId,
});
