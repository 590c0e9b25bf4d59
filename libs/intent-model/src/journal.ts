import { z } from 'zod';
import { IntentType, JsonObjectSchema, JsonValueSchema, Sha256 } from './names.js';
import { RetryPolicy } from './retry-policy.js';
import { StepError } from './step-error.js';

/**
 * Id of an operation of a saga as code: its own within its kind, the same in every run of the handler. Steps and
 * children are of one kind here: both are steps of the ledger.
 */
export const OperationId = z
  .string()
  .regex(/^[a-z][A-Za-z0-9_.-]{0,127}$/, 'must be 1–128 letters, digits, _ . or -, beginning with a small letter')
  .refine((id) => id !== 'main' && !(id in Object.prototype), 'is a name that is taken');

/** Where an operation stands: its branch, and the how-manieth of that branch. Both are the same in every run. */
const place = { branch: z.string().max(256), ordinal: z.int().positive() };
export const JournalPlace = z.object(place);
export type JournalPlace = z.infer<typeof JournalPlace>;

export const JournalKind = z.enum(['step', 'fact', 'now', 'random', 'sleep', 'signal', 'child', 'state']);

/**
 * What an operation was asked for, as far as its records hold it; of values the digest. A run of the handler is compared with
 * the members that are there.
 */
export const JournalAsked = z.object({
  /** Of a child. */
  intentType: z.string().optional(),
  payloadDigest: Sha256.optional(),
  /** Of a wait for a signal or an approval. */
  signal: z.string().optional(),
  prompt: z.string().nullable().optional(),
  timeoutMs: z.int().nullable().optional(),
  /** Of a sleep. */
  durationMs: z.int().optional(),
  /** Of state that was set. */
  valueDigest: Sha256.optional(),
  /** Of a step or a child: the intent that undoes it. */
  undo: z.string().nullable().optional(),
  undoInputDigest: Sha256.optional(),
});
export type JournalAsked = z.infer<typeof JournalAsked>;

/** What the log knows about one operation. */
export const JournalEntry = z.object({
  ...place,
  kind: JournalKind,
  id: z.string(),
  /** `open`: begun; `waiting`: failed and to be tried again later; `due`: to be tried again now. */
  status: z.enum(['open', 'waiting', 'due', 'succeeded', 'failed']),
  /** Steps: the attempt begun last. */
  attempt: z.int().nonnegative(),
  value: JsonValueSchema,
  error: StepError.nullable(),
  /** When the handler learnt of the end, among all ends it learnt of: a race settles the same way in every run. */
  order: z.int().nullable(),
  /** In a replay all that is recorded; in a call the intent of a child. */
  asked: JournalAsked.optional(),
});
export type JournalEntry = z.infer<typeof JournalEntry>;

/** The journal as a call carries it. `version` counts what happened from outside; a suspension names the one it saw. */
export const Journal = z.object({
  version: z.int().nonnegative(),
  /** `drain`: only what is open is brought to an end, nothing new begins. */
  mode: z.enum(['run', 'drain']),
  entries: z.array(JournalEntry),
});
export type Journal = z.infer<typeof Journal>;

/** Characters of one value in a journal, as JSON: it fits into a report in any script. */
export const JOURNAL_VALUE_CHARS_MAX = 1024 * 1024;

/** Why a value is too large for a journal; null when it is not. */
export function journalValueFault(value: unknown): string | null {
  const chars = JSON.stringify(value)?.length ?? 0;
  if (chars <= JOURNAL_VALUE_CHARS_MAX) return null;
  return `has ${chars} characters as JSON, ${JOURNAL_VALUE_CHARS_MAX} are allowed`;
}

const bounded = <Schema extends z.ZodType>(schema: Schema): Schema =>
  schema.check((checked) => {
    const message = journalValueFault(checked.value);
    if (message !== null) checked.issues.push({ code: 'custom', message, input: checked.value });
  });

const value = bounded(JsonValueSchema);

/** What undoes a step of a saga as code; recorded before the step begins. */
export const RegisteredUndo = z.strictObject({
  intent: IntentType,
  input: bounded(JsonObjectSchema),
  retry: RetryPolicy.optional(),
  timeoutMs: z.int().min(10).max(86_400_000).optional(),
});

const YEARS_10_MS = 315_576_000_000;
const DURATION = `must be 0 to ${YEARS_10_MS} ms (10 years)`;

/** How long an operation of a saga as code may take. */
export const DurationMs = z.int(DURATION).min(0, DURATION).max(YEARS_10_MS, DURATION);

const NAME = 'must be 1–128 letters, digits or . _ : / -';
const name = z.string().regex(/^[A-Za-z0-9._:/-]{1,128}$/, NAME);

/** What a handler asks to have recorded, in the order in which it happened. */
export const JournalCommand = z.discriminatedUnion('op', [
  z.strictObject({
    op: z.literal('step_start'),
    ...place,
    id: OperationId,
    attempt: z.int().positive(),
    compensate: RegisteredUndo.optional(),
    retry: RetryPolicy.optional(),
  }),
  /** The handler learnt that what it waited for has ended. */
  z.strictObject({ op: z.literal('observe'), kind: z.enum(['sleep', 'signal', 'child']), id: OperationId }),
  z.strictObject({
    op: z.literal('step_succeed'),
    id: OperationId,
    attempt: z.int().positive(),
    value,
  }),
  z.strictObject({
    op: z.literal('step_fail'),
    id: OperationId,
    attempt: z.int().positive(),
    error: StepError,
    outcome: z.enum(['definite', 'unknown']),
  }),
  z.strictObject({
    op: z.literal('fact'),
    ...place,
    kind: z.enum(['fact', 'now', 'random']),
    id: OperationId,
    value,
  }),
  z.strictObject({ op: z.literal('state_set'), ...place, id: name, value }),
  z.strictObject({ op: z.literal('sleep'), ...place, id: OperationId, durationMs: DurationMs }),
  z.strictObject({
    op: z.literal('await_signal'),
    ...place,
    id: OperationId,
    name,
    approval: z.boolean(),
    prompt: z.string().max(1_000).nullable(),
    timeoutMs: DurationMs.nullable(),
  }),
  z.strictObject({
    op: z.literal('child'),
    ...place,
    id: OperationId,
    intentType: IntentType,
    payload: bounded(JsonObjectSchema),
    compensate: RegisteredUndo.optional(),
  }),
]);
export type JournalCommand = z.infer<typeof JournalCommand>;

/** Commands of one report, and of one outcome. */
export const JOURNAL_COMMANDS_MAX = 1_000;

/** Bytes of one report as JSON. */
export const JOURNAL_BYTES_MAX = 4 * 1024 * 1024;

/** `POST /journal` on the data plane, with the grant of the call. */
export const JournalRequest = z.strictObject({
  callToken: z.object({ epoch: z.int().nonnegative(), n: z.int().nonnegative() }),
  commands: z.array(JournalCommand).min(1).max(JOURNAL_COMMANDS_MAX),
});
export type JournalRequest = z.infer<typeof JournalRequest>;

/**
 * Entries of what the commands began and of steps that they let fail; what is in `held`, by its id, may not begin now (paused,
 * or unwinding).
 */
export const JournalReply = z.object({ entries: z.array(JournalEntry), held: z.array(z.string()) });
export type JournalReply = z.infer<typeof JournalReply>;
