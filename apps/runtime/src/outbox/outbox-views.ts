import { type DeadLetter, FailureError, failure, type OutboxEntry, type OutboxReply } from '@intendant/intent-model';
import { type CloudEvent, cloudEventsOf, type DeadLetterRow } from '@intendant/outbox';
import type { Platform } from '../platform/compose.js';

const DEAD_LETTERS_MAX = 100;

/** An answer of the database; throws `read_model_unavailable` when there is none. */
export async function reachable<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const detail = `the database of the outbox does not answer: ${(error as Error).message}`;
    throw new FailureError(failure('read_model_unavailable', detail, { retryAfterMs: 1_000 }));
  }
}

/** What waits in the whole log, and the dead letters of one tenant. Throws `read_model_unavailable`. */
export async function outboxStatus({ outbox, wal, env }: Platform, tenantId: string): Promise<OutboxReply> {
  const broker = env.INTENDANT_OUTBOX;
  if (outbox === null) return { broker, state: 'off', problem: null, pending: [], halted: [], deadLetters: [] };
  const { state, problem, pendingEvents, halted, positions: own } = outbox.report;
  const positions = await reachable(outbox.ledger.positions());
  const deadLetters = await reachable(outbox.ledger.deadLetters(tenantId, DEAD_LETTERS_MAX));
  const pending: OutboxReply['pending'] = [];
  for (let partition = 0; partition < wal.describe().partitionCount; partition += 1) {
    const done = Math.max(positions.get(partition) ?? 0, own[partition] ?? 0);
    const entries = (await wal.tail(partition)) - done;
    if (entries > 0) pending.push({ partition, entries, events: pendingEvents[partition] ?? null });
  }
  return { broker, state, problem, pending, halted: [...halted], deadLetters: deadLetters.map(deadLetterView) };
}

/** The events of an execution and what became of each, in the order of the log. Throws `read_model_unavailable`. */
export async function outboxEntries({ outbox, wal }: Platform, executionId: string): Promise<OutboxEntry[]> {
  const stored = (await wal.readStream(executionId)).flatMap((entry) =>
    cloudEventsOf(entry).map((event) => ({ event, partition: entry.partition, position: entry.position })),
  );
  if (outbox === null) return stored.map(({ event }) => entryView(event, false, null, undefined));
  const { ledger } = outbox;
  const positions = await reachable(ledger.positions());
  const dead = new Map((await reachable(ledger.deadLettersOf(executionId))).map((letter) => [letter.eventId, letter]));
  const views: OutboxEntry[] = [];
  for (const { event, partition, position } of stored) {
    const isCovered = position <= (positions.get(partition) ?? 0);
    const publishedAt = isCovered ? await reachable(ledger.publishedAt(partition, position)) : null;
    views.push(entryView(event, isCovered, publishedAt, dead.get(event.id)));
  }
  return views;
}

function entryView(
  event: CloudEvent,
  isCovered: boolean,
  coveredAt: Date | null,
  letter: DeadLetterRow | undefined,
): OutboxEntry {
  const publishedAt = letter === undefined ? coveredAt : letter.redrivenAt;
  return {
    eventId: event.id,
    executionId: event.executionid,
    eventType: event.type,
    eventData: event.data,
    createdAt: event.time,
    published: letter === undefined ? isCovered : letter.redrivenAt !== null,
    publishedAt: publishedAt?.toISOString() ?? null,
    dead: letter !== undefined && letter.redrivenAt === null,
  };
}

const deadLetterView = ({ createdAt, diedAt, redrivenAt, ...letter }: DeadLetterRow): DeadLetter => ({
  ...letter,
  createdAt: createdAt.toISOString(),
  diedAt: diedAt.toISOString(),
  redrivenAt: redrivenAt?.toISOString() ?? null,
});
