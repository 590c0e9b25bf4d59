import { Fenced, LogCorrupt, UnfitLog } from '@intendant/wal';

/** First word of an error that a server sent, and what follows it; null for any other error. */
export function refusalOf(error: unknown): { readonly code: string; readonly text: string } | null {
  if (!(error instanceof Error) || error.name !== 'ReplyError') return null;
  const [code = '', ...rest] = error.message.split(' ');
  return { code, text: rest.join(' ') };
}

/** Refusals that say that the server takes no writes from anybody. */
const REFUSES_WRITES = new Set(['OOM', 'MISCONF', 'NOREPLICAS', 'READONLY']);

/** Why the server takes no writes from anybody, when this error says so; null for any other. Nothing was stored by that call. */
export function writeRefusalIn(error: unknown): UnfitLog | null {
  const refusal = refusalOf(error);
  if (refusal === null || !REFUSES_WRITES.has(refusal.code)) return null;
  return new UnfitLog([`the server refuses writes: ${refusal.code} ${refusal.text}`]);
}

/** The errors by which the library says that it stored nothing, as the log's callers know them; any other as it is. */
export function asLogError(error: unknown, partition: number, epoch: number | null = null): unknown {
  const refusal = refusalOf(error);
  if (refusal?.code === 'FENCED') return new Fenced(partition, epoch);
  if (refusal?.code === 'LOST') return new LogCorrupt(`partition ${partition}`, refusal.text);
  return error;
}
