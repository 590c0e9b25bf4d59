import {
  Instant,
  IntentType,
  JournalPlace,
  JsonObjectSchema,
  Name,
  RetryPolicy,
  Sha256,
  StepError,
  Version,
} from '@intendant/intent-model';
import { z } from 'zod';

/** Where in a saga as code an operation stands: its branch, and the how-manieth of that branch. */
export { JournalPlace };

export const StepId = z.string().regex(/^[a-z][A-Za-z0-9_.-]{0,127}$/);
export const Attempt = z.int().positive();
const PinnedCapability = z.object({ name: IntentType, version: Version });

/** Records of executions with more than one step: fan-out, undo, durable waits, children, signals. */
export const SAGA_RECORDS = {
  /** A fan-out met its list: `count` copies will run. */
  'step.expanded': { v: 1, data: z.object({ count: z.int().nonnegative(), stepId: StepId }) },
  'step.skipped': {
    v: 1,
    data: z.object({
      reason: z.string().max(512),
      reasonCode: z.enum(['operator', 'skip_tag', 'empty_list']),
      stepId: StepId,
    }),
  },
  /** A person says how an attempt ended whose outcome was unknown. */
  'step.resolved': {
    v: 1,
    data: z.object({
      attempt: Attempt,
      error: StepError.nullable(),
      outcome: z.enum(['succeeded', 'failed']),
      outputDigest: Sha256.nullable(),
      stepId: StepId,
      /** Of a step of a saga as code. */
      value: z.json().optional(),
    }),
  },
  /** The handler of a saga as code waits for something durable and holds nothing in memory. */
  'step.suspended': { v: 1, data: z.object({ attempt: Attempt, seen: z.int().nonnegative(), stepId: StepId }) },
  'step.resumed': { v: 1, data: z.object({ attempt: Attempt, stepId: StepId }) },
  'compensation.registered': {
    v: 1,
    data: z.object({
      capability: PinnedCapability,
      input: z.json(),
      intent: IntentType,
      retry: RetryPolicy,
      service: Name,
      stepId: StepId,
      timeoutMs: z.int().positive(),
    }),
  },
  'compensation.started': {
    v: 1,
    data: z.object({
      attempt: Attempt,
      capability: PinnedCapability,
      idempotencyKey: Sha256,
      inputDigest: Sha256,
      stepId: StepId,
    }),
  },
  'compensation.succeeded': { v: 1, data: z.object({ attempt: Attempt, outputDigest: Sha256, stepId: StepId }) },
  'compensation.failed': {
    v: 1,
    data: z.object({
      attempt: Attempt,
      error: StepError,
      /** Nurse's verdict where it allowed no further attempt. */
      finalBecause: z.string().max(256).optional(),
      outcome: z.enum(['definite', 'unknown']),
      stepId: StepId,
    }),
  },
  'compensation.retry_scheduled': {
    v: 1,
    data: z.object({
      attempt: Attempt,
      permit: z.string().max(256),
      stepId: StepId,
      timerId: z.string(),
      waitMs: z.int(),
    }),
  },
  'compensation.skipped': {
    v: 1,
    data: z.object({
      reason: z.string().max(512),
      reasonCode: z.enum(['no_compensator', 'operator']),
      stepId: StepId,
    }),
  },
  'timer.cancelled': { v: 1, data: z.object({ timerId: z.string() }) },
  /** A value that came from outside and is the same in every run of the handler: a fact, the time, randomness. */
  'fact.recorded': {
    v: 1,
    data: z.object({
      key: z.string().max(128),
      kind: z.enum(['fact', 'now', 'random']),
      op: JournalPlace,
      value: z.json(),
    }),
  },
  /** The handler learnt of an end that came from outside; the order of these records is the order of its races. */
  'operation.observed': {
    v: 1,
    data: z.object({ id: z.string().max(128), kind: z.enum(['sleep', 'signal', 'child']) }),
  },
  /** The handler waits for a signal of this name, until `dueAt` when there is one (timer `wait/<waitId>`). */
  'signal.awaited': {
    v: 1,
    data: z.object({
      approval: z.boolean(),
      dueAt: Instant.nullable(),
      name: z.string().max(128),
      op: JournalPlace,
      prompt: z.string().max(1_000).nullable(),
      /** What was asked for, where there is a `dueAt`; absent from records of before it was kept. */
      timeoutMs: z.int().nonnegative().optional(),
      waitId: z.string().max(128),
    }),
  },
  'child.started': {
    v: 1,
    data: z.object({
      childId: z.string(),
      intentType: IntentType,
      op: JournalPlace,
      payload: JsonObjectSchema,
      payloadDigest: Sha256,
      stepId: StepId,
    }),
  },
  'child.settled': {
    v: 1,
    data: z.object({
      childId: z.string(),
      error: StepError.nullable(),
      result: z.json(),
      status: z.enum(['completed', 'failed', 'cancelled', 'compensated', 'stuck', 'rejected']),
      stepId: StepId,
    }),
  },
  /** Smart City's decision about a signal, before anything follows from it. */
  'signal.decided': {
    v: 1,
    data: z.object({
      decisionId: z.string(),
      effect: z.literal('allow'),
      payloadDigest: Sha256,
      policyRevision: z.int(),
      reason: z.string().max(1_000).nullable(),
      role: z.string().max(64),
      signalId: z.uuid(),
      signalType: z.string().max(64),
    }),
  },
  'signal.applied': {
    v: 1,
    data: z.object({ payload: JsonObjectSchema, signalId: z.uuid(), signalType: z.string().max(64) }),
  },
  'alert.raised': {
    v: 1,
    data: z.object({ level: z.enum(['INFO', 'WARNING', 'CRITICAL', 'P1']), note: z.string().max(1_000).nullable() }),
  },
  /** By a signal, or because a step failed for good and the terms leave it to a person: then it names both. */
  'execution.paused': {
    v: 1,
    data: z.object({
      errorCode: z.string().max(64).optional(),
      reason: z.string().max(512),
      stepId: StepId.optional(),
    }),
  },
  /** From `compensating` only forward, past the point of no return. */
  'execution.resumed': {
    v: 1,
    data: z.object({ from: z.enum(['paused', 'stuck', 'compensating']), reason: z.string().max(512) }),
  },
  /** The saga turns round; nothing new starts, what is started is brought to an outcome, then undone in reverse. */
  'execution.compensating': {
    v: 1,
    data: z.object({
      error: StepError.nullable(),
      /** Conductor's verdict on the transition. */
      permit: z.string().max(256),
      stepId: StepId.nullable(),
      target: z.enum(['compensated', 'cancelled']),
    }),
  },
  'execution.compensated': { v: 1, data: z.object({ error: StepError.nullable(), stepId: StepId.nullable() }) },
  'execution.cancelled': {
    v: 1,
    data: z.object({
      reason: z.string().max(1_000),
      /** Steps that an emergency stop left without an outcome. */
      unresolved: z.array(StepId),
    }),
  },
} as const;
