import { isReferenceText } from '@intendant/data-brain';

/** A place in a list of executions. */
export interface ExecutionPlace {
  readonly acceptedAt: string;
  readonly executionId: string;
}

/** A place in a list of records: the record that was shown last. */
export interface RecordPlace {
  readonly occurredAt: string;
  readonly partition: number;
  readonly position: number;
  readonly seq: number;
}

/** A place in a list of references: when the one that was shown last was first registered. */
export interface ReferencePlace {
  readonly occurredAt: string;
  readonly reference: string;
}

/** A place in a provenance: the fact that was shown last. */
export interface ProvenancePlace {
  readonly occurredAt: string;
  readonly partition: number;
  readonly position: number;
  readonly seq: number;
  readonly place: number;
}

/** What a 32-bit column holds. */
const INTEGER_MAX = 2_147_483_647;
/** Room for the longest reference. */
const CURSOR_CHARS_MAX = 2_048;
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Opaque to clients: base64url of a JSON array. */
export const executionCursor = ({ acceptedAt, executionId }: ExecutionPlace): string =>
  sealed([acceptedAt, executionId]);

/** The place a cursor names, or null when it is none of ours. */
export function executionPlaceOf(cursor: string): ExecutionPlace | null {
  const [acceptedAt, executionId, ...rest] = opened(cursor);
  if (!isInstant(acceptedAt) || typeof executionId !== 'string' || rest.length > 0) return null;
  // PostgreSQL takes no NUL
  return executionId.length <= 64 && !executionId.includes('\0') ? { acceptedAt, executionId } : null;
}

export const recordCursor = ({ occurredAt, partition, position, seq }: RecordPlace): string =>
  sealed([occurredAt, partition, position, seq]);

/** The place a cursor names, or null when it is none of ours. */
export function recordPlaceOf(cursor: string): RecordPlace | null {
  const [occurredAt, partition, position, seq, ...rest] = opened(cursor);
  if (!isInstant(occurredAt) || rest.length > 0) return null;
  if (!isCount(partition) || partition > 0xffff || !isCount(position) || !isCount(seq)) return null;
  return { occurredAt, partition, position, seq };
}

export const referenceCursor = ({ occurredAt, reference }: ReferencePlace): string => sealed([occurredAt, reference]);

/** The place a cursor names, or null when it is none of ours. */
export function referencePlaceOf(cursor: string): ReferencePlace | null {
  const [occurredAt, reference, ...rest] = opened(cursor);
  if (!isInstant(occurredAt) || typeof reference !== 'string' || rest.length > 0) return null;
  return isReferenceText(reference) ? { occurredAt, reference } : null;
}

export const provenanceCursor = ({ occurredAt, partition, position, seq, place }: ProvenancePlace): string =>
  sealed([occurredAt, partition, position, seq, place]);

/** The place a cursor names, or null when it is none of ours. */
export function provenancePlaceOf(cursor: string): ProvenancePlace | null {
  const [occurredAt, partition, position, seq, place, ...rest] = opened(cursor);
  if (!isInstant(occurredAt) || rest.length > 0) return null;
  if (!isCount(partition) || partition > 0xffff || !isCount(position)) return null;
  if (!isCount(seq) || seq > INTEGER_MAX || !isCount(place) || place > INTEGER_MAX) return null;
  return { occurredAt, partition, position, seq, place };
}

const sealed = (parts: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify(parts)).toString('base64url');

function opened(cursor: string): readonly unknown[] {
  if (cursor.length > CURSOR_CHARS_MAX) return [];
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
}

/** As a `Date` writes it: PostgreSQL takes neither the year 0 nor the 30th of February, which a `Date` reads. */
function isInstant(value: unknown): value is string {
  if (typeof value !== 'string' || !INSTANT.test(value) || value.startsWith('0000')) return false;
  const instant = new Date(value);
  return !Number.isNaN(instant.valueOf()) && instant.toISOString() === value;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
