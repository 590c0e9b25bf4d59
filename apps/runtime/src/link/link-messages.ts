import { CallToken } from '@intendant/intent-model';
import { Attribution, decodeEntry, type Entry, type RecordDraft } from '@intendant/wal';
import { z } from 'zod';

/** What one replica has another append to a stream that the other holds. */
export const AppendMessage = z.object({
  streamId: z.string().min(1).max(256),
  attribution: Attribution,
  drafts: z
    .array(z.looseObject({ type: z.string(), actor: z.string(), cause: z.unknown(), data: z.unknown() }))
    .min(1)
    .max(1_000)
    .transform((drafts) => drafts as unknown as readonly RecordDraft[]),
  /** Where the stream must end for the drafts to fit; null when they fit anywhere. */
  firstSeq: z.int().positive().nullable(),
});

/** A call ended at a replica that does not hold its execution any more. */
export const LateMessage = z.object({
  executionId: z.string().min(1).max(64),
  stepId: z.string().min(1).max(256),
  callToken: CallToken,
  outcome: z.string().max(64),
});
export type LateMessage = z.infer<typeof LateMessage>;

const Base64 = z.base64().transform((text) => Buffer.from(text, 'base64'));

/** Nothing was appended: the partition is not held there, or the stream does not end where the drafts fit. */
export const notAppendedMessage = { notAppended: true } as const;
const NotAppendedMessage = z.object({ notAppended: z.literal(true) });

const AppendedMessage = z.object({
  streamId: z.string(),
  firstSeq: z.int().positive(),
  recordCount: z.int().positive(),
  prevHash: Base64,
  hash: Base64,
  body: Base64,
});

export const appendedMessage = ({ streamId, firstSeq, recordCount, prevHash, hash, body }: Entry): unknown => ({
  streamId,
  firstSeq,
  recordCount,
  prevHash: prevHash.toString('base64'),
  hash: hash.toString('base64'),
  body: body.toString('base64'),
});

/** The entry that the other replica appended, checked against its hash; null when it appended nothing. */
export const appendedEntry = (message: unknown): Entry | null =>
  NotAppendedMessage.safeParse(message).success
    ? null
    : decodeEntry(AppendedMessage.parse(message), ' (appended elsewhere)');
