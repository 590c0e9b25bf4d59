import { randomUUID } from 'node:crypto';
import { parseStrictJson } from '@intendant/kernel';
import { LogCorrupt, Trimmed, UnfitLog } from '@intendant/wal';
import type { Kafka } from 'kafkajs';
import { GatheringProducer, type Sending } from './gathering-producer.js';
import type { LogReader } from './log-reader.js';
import { type TopicDemands, type TopicState, unlikePartitions } from './topic-settings.js';

/** Id in the topic's identity partition, which comes behind those of the log; null when there is none. Throws `LogCorrupt`. */
export async function readLogId(reader: LogReader, partitionCount: number, timeoutMs?: number): Promise<string | null> {
  const [first] = await reader.read(partitionCount, 0n, 1, timeoutMs);
  if (first === undefined) return null;
  const parsed = parseStrictJson(first.value);
  const logId = parsed.ok ? (parsed.value as { logId?: unknown } | null)?.logId : undefined;
  if (typeof logId !== 'string') throw new LogCorrupt('the identity of the log', 'it is not one of this kind of log');
  return logId;
}

/**
 * The log's id, made by the first who opens it. It is a record of the topic itself, and so goes when the topic is deleted.
 * Of several who make one at the same time the first counts, for all of them.
 */
export async function ensureLogId(
  kafka: Kafka,
  reader: LogReader,
  partitionCount: number,
  sending: Sending,
): Promise<string> {
  const known = await readLogId(reader, partitionCount);
  if (known !== null) return known;
  for (let partition = 0; partition < partitionCount; partition += 1) {
    if ((await reader.end(partition)) === 0n) continue;
    // perhaps another has just made the log, and written to it
    const made = await readLogId(reader, partitionCount);
    if (made !== null) return made;
    throw new LogCorrupt(`partition ${partition}`, 'it has frames, but the log no identity');
  }
  const producer = new GatheringProducer(kafka, sending);
  const written = producer.send(partitionCount, [Buffer.from(JSON.stringify({ logId: randomUUID() }))]);
  // after a failure it may be there all the same
  const failure = await written.then(
    () => null,
    (error: Error) => error,
  );
  await producer.close();
  const logId = await readLogId(reader, partitionCount);
  if (logId === null) throw failure ?? new LogCorrupt('the identity of the log', 'it was written and is not there');
  return logId;
}

/**
 * The log's id in a topic with more partitions than the log and its identity need. It is never made there: where it is missing, this
 * may be a log of more partitions, one of which it would stand in. Throws `UnfitLog`.
 */
export async function logIdAmongMore(reader: LogReader, state: TopicState, demands: TopicDemands): Promise<string> {
  const logId = await readLogId(reader, demands.partitionCount).catch((error: unknown) => {
    // frames of such a log
    if (error instanceof LogCorrupt || error instanceof Trimmed) return null;
    throw error;
  });
  if (logId === null) throw new UnfitLog([unlikePartitions(state, demands)]);
  return logId;
}
