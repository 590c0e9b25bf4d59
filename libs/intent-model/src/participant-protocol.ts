import { z } from 'zod';
import { Artifact, ContentDescriptor, ParticipantResult } from './artifact.js';
import { Intent } from './intent.js';
import { JOURNAL_COMMANDS_MAX, Journal, JournalCommand } from './journal.js';
import { IntentType, Sha256, Version } from './names.js';
import { StepError } from './step-error.js';

/**
 * Orders calls for one step: by epoch of the owner, then by n. Only the result of the latest call counts;
 * a participant refuses a call with a lower token than it has seen for the same key.
 */
export const CallToken = z.object({ epoch: z.int().nonnegative(), n: z.int().nonnegative() });
export type CallToken = z.infer<typeof CallToken>;

/** A reference of the payload with what the log knows about it, so that a handler needs no look-up. */
export const ResolvedReference = z.object({
  reference: z.string(),
  content: ContentDescriptor.nullable(),
  artifact: Artifact.nullable(),
});
export type ResolvedReference = z.infer<typeof ResolvedReference>;

/** RPC `participant.call`, Runtime → participant. */
export const ParticipantCall = z.object({
  callToken: CallToken,
  /** digest(tenant, execution, step, direction): the same over attempts, restarts and owners. */
  idempotencyKey: Sha256,
  executionId: z.string(),
  stepId: z.string(),
  /** `undo` compensates the step; the key is one of its own. */
  direction: z.enum(['forward', 'undo']),
  /** What an undo undoes: the key of the step, to be refused for ever after, and what the step returned, if it did. */
  undoes: z.object({ idempotencyKey: Sha256, result: ParticipantResult.nullable() }).nullable(),
  logicalAttempt: z.int().positive(),
  deliveryAttempt: z.int().positive(),
  /** Milliseconds left for this call, counted by the receiver from arrival. */
  timeoutMs: z.int().positive(),
  capability: z.object({ name: IntentType, version: Version }),
  intent: Intent,
  references: z.array(ResolvedReference),
  boundaryContractId: z.string().nullable(),
  /** Where and with what bearer this call may read and write content and state: HTTPS with mutual TLS. */
  dataPlane: z.object({ url: z.string(), grant: z.string() }),
  traceparent: z.string().nullable(),
  /** What a saga as code has done so far; null for any other capability. */
  journal: Journal.nullable(),
});
export type ParticipantCall = z.infer<typeof ParticipantCall>;

/** What was not yet recorded when the handler ended, in order; recorded in the entry of the outcome. */
const commands = z.array(JournalCommand).max(JOURNAL_COMMANDS_MAX);

/** Reply to `participant.call`. */
export const CallOutcome = z.discriminatedUnion('status', [
  z.object({ status: z.literal('succeeded'), result: ParticipantResult, commands: commands.optional() }),
  z.object({ status: z.literal('failed'), error: StepError, commands: commands.optional() }),
  /** Nothing can go on before something happens that only the Runtime sees. The handler is gone; it will be called anew. */
  z.object({ status: z.literal('suspended'), seen: z.int().nonnegative(), commands }),
  z.object({ status: z.literal('attempt_superseded') }),
]);
export type CallOutcome = z.infer<typeof CallOutcome>;

/** RPC `participant.cancel` (event): the call's signal is aborted; the outcome, if any, still arrives as the reply. */
export const CallCancel = z.object({ idempotencyKey: Sha256, callToken: CallToken, reason: z.string().max(256) });
export type CallCancel = z.infer<typeof CallCancel>;

/** RPC `participant.probe`: what is stored under a key; `unknown` when nothing is and nothing runs. */
export const CallProbe = z.object({ idempotencyKey: Sha256 });
export const ProbeAnswer = z.discriminatedUnion('status', [
  z.object({ status: z.literal('settled'), outcome: CallOutcome }),
  z.object({ status: z.literal('running') }),
  z.object({ status: z.literal('unknown') }),
]);
export type ProbeAnswer = z.infer<typeof ProbeAnswer>;

/** Where a participant of transport `http` takes the same messages, below the URL it registered. */
export const ParticipantPath = {
  call: '/intendant/v1/call',
  cancel: '/intendant/v1/cancel',
  probe: '/intendant/v1/probe',
  /** May be missing: then nothing of the service is run again. */
  replay: '/intendant/v1/replay',
} as const;

/** Where Curator takes registrations over HTTPS with mutual TLS: the messages of the RPC. */
export const ParticipantRegistrationPath = {
  register: '/v1/participants/register',
  renew: '/v1/participants/renew',
  drain: '/v1/participants/drain',
} as const;

/** Patterns of every service-to-service message. */
export const RpcPattern = {
  call: 'participant.call',
  cancel: 'participant.cancel',
  probe: 'participant.probe',
  replay: 'participant.replay',
  register: 'registry.register',
  renew: 'registry.renew',
  drain: 'registry.drain',
  watchRegistry: 'registry.watch',
  renewOwnership: 'ownership.renew',
  decide: 'policy.decide',
  publishPolicy: 'policy.publish',
  watchPolicy: 'policy.watch',
} as const;
