import type { JournalAsked, JournalEntry } from '@intendant/intent-model';
import { digestOf } from '@intendant/kernel';
import type { JournalPlace, LogRecord } from '@intendant/wal';

const keyOf = ({ branch, ordinal }: JournalPlace): string => `${branch}#${ordinal}`;

/**
 * The journal with what its operations were asked for, as far as the records hold it: of a step neither its retries nor its
 * time, of durations in records of before they were kept only whether there was one.
 */
export function withAsked(journal: readonly JournalEntry[], records: readonly LogRecord[]): JournalEntry[] {
  const asked = new Map<string, JournalAsked>();
  const undos = new Map<string, JournalAsked>();
  for (const record of records) {
    const { data } = record;
    if (record.type === 'compensation.registered') {
      const { intent, stepId, input } = record.data;
      undos.set(stepId, { undo: intent, undoInputDigest: digestOf(input) });
    } else if ('op' in data && data.op !== undefined) asked.set(keyOf(data.op), askedIn(record));
  }
  return journal.map((entry) => {
    const inRecord = asked.get(keyOf(entry)) ?? {};
    const all = isUndoable(entry) ? { ...inRecord, ...(undos.get(entry.id) ?? noUndoOf(entry)) } : inRecord;
    return { ...entry, asked: all };
  });
}

function askedIn({ type, data }: LogRecord): JournalAsked {
  switch (type) {
    case 'child.started':
      return { intentType: data.intentType, payloadDigest: data.payloadDigest };
    case 'signal.awaited': {
      const timeoutMs = data.dueAt === null ? null : data.timeoutMs;
      return { signal: data.name, prompt: data.prompt, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
    }
    case 'timer.set':
      return data.durationMs === undefined ? {} : { durationMs: data.durationMs };
    case 'state.changed':
      return { valueDigest: digestOf(data.value) };
    default:
      return {};
  }
}

const isUndoable = ({ kind }: JournalEntry): boolean => kind === 'step' || kind === 'child';

/** What was refused for its undo has none in the log, whatever was asked; it did not succeed. */
const noUndoOf = ({ status }: JournalEntry): JournalAsked => (status === 'succeeded' ? { undo: null } : {});
