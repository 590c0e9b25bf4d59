import type { SignalRole, SignalView } from '@intendant/intent-model';
import type { LogRecord } from '@intendant/wal';

/** A signal with its places in the stream that it was read from. */
export type RecordedSignal = SignalView & { readonly decidedSeq: number; readonly appliedSeq: number };

/** The signals that these records of a stream tell of, oldest first. */
export function recordedSignals(records: readonly LogRecord[]): readonly RecordedSignal[] {
  const decisions = new Map<string, Extract<LogRecord, { type: 'signal.decided' }>>();
  const found: RecordedSignal[] = [];
  for (const record of records) {
    if (record.type === 'signal.decided') decisions.set(record.data.signalId, record);
    if (record.type !== 'signal.applied') continue;
    const decided = decisions.get(record.data.signalId);
    if (decided !== undefined) found.push(viewOf(decided, record));
  }
  return found;
}

function viewOf(
  { data, seq }: Extract<LogRecord, { type: 'signal.decided' }>,
  applied: Extract<LogRecord, { type: 'signal.applied' }>,
): RecordedSignal {
  const { decisionId, payloadDigest, policyRevision, reason, role, signalId, signalType } = data;
  return {
    signalId,
    signalType,
    decisionId,
    policyRevision,
    role: role as SignalRole,
    actor: applied.actor,
    payload: applied.data.payload,
    payloadDigest,
    reason,
    decidedSeq: seq,
    appliedSeq: applied.seq,
    appliedAt: applied.occurredAt,
  };
}
