import { LogCorrupt, Trimmed } from '@intendant/wal';
import type { LogConnection } from './log-connection.js';
import { cursorAt, cursorBefore, type Offset } from './offsets.js';

/** Partition whose offset is not there, or null when the error is another one. */
export function partitionOutOfRange(error: unknown): number | null {
  const { name, partition } = error as { name?: string; partition?: number };
  return name === 'KafkaJSOffsetOutOfRange' && partition !== undefined ? partition : null;
}

/** Why an offset is not there: dropped from the front, or gone from the end, which a sound log never does. */
export async function whyGone(
  connection: LogConnection,
  partition: number,
  offset: Offset,
): Promise<Trimmed | LogCorrupt> {
  const first = await connection.firstOffset(partition);
  if (offset < first) return new Trimmed(partition, cursorAt(first));
  const end = cursorBefore(await connection.endOffset(partition));
  return new LogCorrupt(`partition ${partition}`, `it ends at ${end}, although ${offset} was there`);
}
