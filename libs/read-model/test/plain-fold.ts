import type { LogRecord, StoredEntry } from '@intendant/wal';

/** What the tables must hold, said once more and as plainly as can be: record by record, without batches. */
export function plainFold(log: readonly StoredEntry[]) {
  const executions = new Map<string, Record<string, unknown>>();
  const entries: Record<string, unknown>[] = [];
  for (const entry of log) {
    for (const record of entry.records) {
      if (record.type === 'intent.accepted') {
        const { intent } = (entry.records[0] as Extract<LogRecord, { type: 'intent.received' }>).data;
        executions.set(entry.streamId, {
          tenantId: record.tenantId,
          executionId: entry.streamId,
          intentId: intent.intentId,
          intentType: intent.intentType,
          sessionId: intent.sessionId,
          userId: intent.userId,
          correlationId: intent.correlationId,
          status: 'none',
          acceptedAt: record.occurredAt,
          settledAt: null,
          errorCode: null,
          partition: entry.partition,
          lastSeq: 0,
        });
      }
      const row = executions.get(entry.streamId);
      if (row === undefined) continue;
      row.lastSeq = record.seq;
      const status = STATUS_AFTER[record.type];
      if (status !== undefined) row.status = status;
      if (status === 'completed' || status === 'failed' || status === 'stuck') row.settledAt = record.occurredAt;
      if (record.type === 'execution.failed') row.errorCode = record.data.error.code;
    }
    entries.push({
      tenantId: entry.records[0]?.tenantId,
      occurredAt: entry.records[0]?.occurredAt,
      partition: entry.partition,
      position: entry.position,
      streamId: entry.streamId,
      firstSeq: entry.firstSeq,
      recordCount: entry.records.length,
      executionId: entry.records[0]?.executionId,
      sessionId: entry.records[0]?.sessionId,
      intentType: executions.get(entry.streamId)?.intentType ?? null,
      recordTypes: [...new Set(entry.records.map((record) => record.type))].sort(),
    });
  }
  return { executions: [...executions.values()], entries };
}

const STATUS_AFTER: Record<string, string | undefined> = {
  'execution.started': 'running',
  'step.started': 'running',
  'step.retry_scheduled': 'waiting',
  'execution.completed': 'completed',
  'execution.failed': 'failed',
  'execution.stuck': 'stuck',
};
