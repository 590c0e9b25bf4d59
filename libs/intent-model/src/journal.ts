import { z } from 'zod';
import { IntentType, JsonObjectSchema, JsonValueSchema } from './names.js';
import { RetryPolicy } from './retry-policy.js';
import { StepError } from './step-error.js';

/** Id of an operation of a saga as code: its own within its kind, the same in every run of the handler. */
export const OperationId = z
  .string()
  .regex(/^[a-z][A-Za-z0-9_.-]{0,127}$/, 'must be 1–128 letters, digits, _ . or -')
  .refine((id) => id !== 'main' && !(id in Object.prototype), 'is a name that is taken');

/** Where an operation stands: its branch, and the how-manieth of that branch. Both are the same in every run. */
const place = { branch: z.string().max(256), ordinal: z.int().positive() };

export const JournalKind = z.enum(['step', 'fact', 'now', 'random', 'sleep', 'signal', 'child', 'state']);

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

/** What undoes a step of a saga as code; recorded before the step begins. */
export const RegisteredUndo = z.strictObject({
  intent: IntentType,
  input: JsonObjectSchema,
  retry: RetryPolicy.optional(),
  timeoutMs: z.int().min(10).max(86_400_000).optional(),
});

const YEARS_10_MS = 315_576_000_000;

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
    value: JsonValueSchema,
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
    value: JsonValueSchema,
  }),
  z.strictObject({
    op: z.literal('state_set'),
    ...place,
    id: z.string().regex(/^[A-Za-z0-9._:/-]{1,128}$/),
    value: JsonValueSchema,
  }),
  z.strictObject({ op: z.literal('sleep'), ...place, id: OperationId, durationMs: z.int().min(0).max(YEARS_10_MS) }),
  z.strictObject({
    op: z.literal('await_signal'),
    ...place,
    id: OperationId,
    name: z.string().regex(/^[A-Za-z0-9._:/-]{1,128}$/),
    approval: z.boolean(),
    prompt: z.string().max(1_000).nullable(),
    timeoutMs: z.int().min(0).max(YEARS_10_MS).nullable(),
  }),
  z.strictObject({
    op: z.literal('child'),
    ...place,
    id: OperationId,
    intentType: IntentType,
    payload: JsonObjectSchema,
    compensate: RegisteredUndo.optional(),
  }),
]);
export type JournalCommand = z.infer<typeof JournalCommand>;

export const JOURNAL_COMMANDS_MAX = 1_000;

/** `POST /journal` on the data plane, with the grant of the call. */
export const JournalRequest = z.strictObject({
  callToken: z.object({ epoch: z.int().nonnegative(), n: z.int().nonnegative() }),
  commands: z.array(JournalCommand).min(1).max(JOURNAL_COMMANDS_MAX),
});
export type JournalRequest = z.infer<typeof JournalRequest>;

/** Entries of the operations that the commands named; those in `held` may not begin now (paused, or unwinding). */
export const JournalReply = z.object({ entries: z.array(JournalEntry), held: z.array(z.string()) });
export type JournalReply = z.infer<typeof JournalReply>;
