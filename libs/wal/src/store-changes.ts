import type { JsonValue } from '@intendant/kernel';
import type { Entry } from './entry.js';
import type { StoreChange } from './partition-store.js';
import type { LogRecord } from './records.js';

/** Records after which an execution needs no more supervision. */
const SETTLING = new Set<string>([
  'execution.completed',
  'execution.failed',
  'execution.cancelled',
  'execution.compensated',
  'execution.stuck',
]);

/** Records with which it needs some: at its start, and when a person takes it up again. */
const STARTING = new Set<string>(['execution.started', 'execution.resumed']);

/** Whether an execution ends with this entry; nearly always nothing follows it. */
export const isLastWord = (entry: Entry): boolean => SETTLING.has(entry.records.at(-1)?.type ?? '');

/** What an entry changes in the partition store. */
export function changesOf(entry: Entry): readonly StoreChange[] {
  const changes: StoreChange[] = [];
  let started = false;
  let settled = false;
  for (const record of entry.records) {
    if (STARTING.has(record.type)) started = true;
    else if (SETTLING.has(record.type)) settled = true;
    else changeOf(record, changes);
  }
  const executionId = entry.records[0]?.executionId;
  if (executionId != null && started !== settled) changes.push({ kind: 'live', executionId, live: started });
  return changes;
}

function changeOf(record: LogRecord, changes: StoreChange[]): void {
  switch (record.type) {
    case 'intent.received': {
      const { keyDigest, fingerprint } = record.data;
      if (keyDigest !== null && record.executionId !== null)
        changes.push({ kind: 'key', keyDigest, fingerprint, executionId: record.executionId });
      return;
    }
    case 'data.registered':
      changes.push({
        kind: 'reference',
        tenantId: record.tenantId,
        reference: record.data.reference,
        ownerUserId: record.data.ownerUserId,
        resourceClass: record.data.resourceClass,
        content: record.data.content,
        executionId: record.executionId,
      });
      return;
    case 'state.changed': {
      const ownerId = record.data.scope === 'session' ? record.sessionId : record.executionId;
      if (ownerId !== null)
        changes.push({ kind: 'state', ownerId, key: record.data.key, value: record.data.value as JsonValue });
      return;
    }
    case 'intent.rejected':
      changes.push({ kind: 'refusal', refusalId: record.data.refusalId, tenantId: record.tenantId, seq: record.seq });
      return;
    default:
  }
}
