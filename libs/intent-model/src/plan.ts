import { z } from 'zod';
import { SkipTag } from './intent.js';
import { IntentType, JsonPointer, JsonValueSchema, Version } from './names.js';
import { RetryPolicy } from './retry-policy.js';

/** A step of a plan. The dot is kept for the copies of a fan-out (`migrate.0`). */
export const PlanStepId = z
  .string()
  .regex(/^[a-z][A-Za-z0-9_-]{0,63}$/, 'must be 1–64 letters, digits, _ or -')
  .refine((stepId) => !(stepId in Object.prototype), 'must not be a name that every JavaScript object has');

/**
 * A JSON value in which every `{"$from": "/pointer"}` is replaced by what the pointer (RFC 6901) finds in
 * `{payload, steps: {<stepId>: result}, item, index, executionId}`; a step that was fanned out has an array of results.
 * What is not found is left out.
 */
export const PlanInput = JsonValueSchema;

const stepTimeoutMs = z.int().min(10).max(86_400_000);

/** How often and how patiently an undo is tried, unless declared otherwise. */
const UNDO_RETRY = { attemptsMax: 5 };

export const CompensationDeclaration = z.strictObject({
  /** The intent that undoes the step, answered by a registered capability. */
  intent: IntentType,
  /** Absent: the input of the step itself. */
  input: PlanInput.optional(),
  retry: RetryPolicy.prefault(UNDO_RETRY),
  timeoutMs: stepTimeoutMs.optional(),
});

/** One copy of the step for every element, or for every `batchSize` elements, of a list found when the step is due. */
export const FanOut = z.strictObject({
  items: JsonPointer,
  /** Elements a copy gets, as an array in `item`; absent: one, as `item` itself. */
  batchSize: z.int().min(1).max(100_000).optional(),
});

export const FAN_OUT_MAX = 1_000;

export const PlanStep = z.strictObject({
  stepId: PlanStepId,
  intent: IntentType,
  dependsOn: z.array(PlanStepId).max(64).default([]),
  /** Absent: the payload of the saga's own intent. */
  input: PlanInput.optional(),
  forEach: FanOut.optional(),
  /** Absent: as the capability that answers says. */
  retry: RetryPolicy.optional(),
  timeoutMs: stepTimeoutMs.optional(),
  compensation: CompensationDeclaration.nullable().default(null),
  /** The point of no return: once it has succeeded the saga only goes forward. */
  pivot: z.boolean().default(false),
  /** A failed attempt may have left something behind: undo the step even if it failed. */
  compensateSelfOnFailure: z.boolean().default(false),
  /** The step is skipped when the intent names one of these. */
  skipTags: z.array(SkipTag).max(16).default([]),
});
export type PlanStep = z.infer<typeof PlanStep>;

/** A saga as data: which intents, in which order, and how each is undone. */
export const SagaPlan = z
  .strictObject({
    steps: z.array(PlanStep).min(1).max(200),
    /** Steps at work at once; 1 is sequential. */
    concurrencyMax: z.int().min(1).max(256).default(1),
  })
  .meta({ id: 'SagaPlan' });
export type SagaPlan = z.infer<typeof SagaPlan>;

const PinnedCapability = z.object({ name: IntentType, version: Version });

const ResolvedCompensation = z.object({
  capability: PinnedCapability,
  input: PlanInput.optional(),
  intent: IntentType,
  retry: RetryPolicy,
  timeoutMs: z.int().positive(),
});
export type ResolvedCompensation = z.infer<typeof ResolvedCompensation>;

/** A step with everything that was looked up at acceptance: what runs is what was recorded, whatever is registered later. */
export const ResolvedStep = z.object({
  capability: PinnedCapability,
  compensateSelfOnFailure: z.boolean(),
  compensation: ResolvedCompensation.nullable(),
  dependsOn: z.array(PlanStepId),
  forEach: FanOut.optional(),
  input: PlanInput.optional(),
  intent: IntentType,
  pivot: z.boolean(),
  retry: RetryPolicy,
  sideEffects: z.enum(['none', 'idempotent', 'effectful']),
  skipTags: z.array(z.string()),
  stepId: PlanStepId,
  timeoutMs: z.int().positive(),
  unknownOutcome: z.enum(['probe', 'rerun', 'park']),
});
export type ResolvedStep = z.infer<typeof ResolvedStep>;

export const ResolvedPlan = z.object({
  concurrencyMax: z.int().positive(),
  /** In an order that respects the dependencies, ties as declared. */
  steps: z.array(ResolvedStep).min(1),
});
export type ResolvedPlan = z.infer<typeof ResolvedPlan>;
