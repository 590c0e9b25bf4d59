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

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Opaque to clients: base64url of a JSON array. */
export const executionCursor = ({ acceptedAt, executionId }: ExecutionPlace): string =>
  sealed([acceptedAt, executionId]);

/** The place a cursor names, or null when it is none of ours. */
export function executionPlaceOf(cursor: string): ExecutionPlace | null {
  const [acceptedAt, executionId, ...rest] = opened(cursor);
  if (!isInstant(acceptedAt) || typeof executionId !== 'string' || rest.length > 0) return null;
  return executionId.length <= 64 ? { acceptedAt, executionId } : null;
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

const sealed = (parts: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify(parts)).toString('base64url');

function opened(cursor: string): readonly unknown[] {
  if (cursor.length > 512) return [];
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
}

const isInstant = (value: unknown): value is string =>
  typeof value === 'string' && INSTANT.test(value) && !Number.isNaN(Date.parse(value));

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
