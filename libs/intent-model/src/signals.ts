import { z } from 'zod';
import { ParticipantResult } from './artifact.js';
import { JsonObjectSchema, JsonValueSchema } from './names.js';
import { SessionId } from './session.js';

const StepName = z.string().regex(/^[a-z][A-Za-z0-9_.-]{0,127}$/, 'must be the id of a step');
const WaitName = z.string().min(1).max(128);
const Note = z.string().max(1_000);
const Reason = z.string().max(500);

export const AlertLevel = z.enum(['INFO', 'WARNING', 'CRITICAL', 'P1']);

const nothing = z.strictObject({}).prefault({});

/** One kind of signal as a caller sends it. No payload takes a member that its kind does not know. */
const signal = <T extends string, P extends z.ZodType>(signalType: T, payload: P, reason: z.ZodType<string> = Reason) =>
  z.strictObject({
    /** Chosen by the caller: the same id, in whichever case, means the same signal of the same execution, for ever. */
    signalId: z.uuid().toLowerCase(),
    signalType: z.literal(signalType),
    payload,
    /** Recorded with the decision; some kinds must have one. */
    reason: reason.optional(),
  });

/** How a step of unknown outcome ended. What failed has returned nothing. */
export const resolutionOf = <Members extends z.ZodRawShape>(members: Members) =>
  z.discriminatedUnion('outcome', [
    z.strictObject({
      ...members,
      outcome: z.literal('succeeded'),
      /** What the step returned, as far as it is known. */
      result: ParticipantResult.optional(),
      /** The same of a step inside the handler of a saga as code. */
      value: JsonValueSchema.optional(),
    }),
    z.strictObject({ ...members, outcome: z.literal('failed') }),
  ]);

/** Body of `POST /v1/executions/{executionId}/signals`. */
export const SignalSubmission = z
  .discriminatedUnion('signalType', [
    signal('pause', nothing),
    signal('resume', nothing),
    signal('cancel', nothing),
    signal('compensate', nothing),
    signal('retry_step', z.strictObject({ stepId: StepName })),
    signal('skip_step', z.strictObject({ stepId: StepName })),
    signal('resolve_step', resolutionOf({ stepId: StepName })),
    signal('approve', z.strictObject({ waitId: WaitName, note: Note.optional() })),
    signal('deny', z.strictObject({ waitId: WaitName, note: Note.optional() })),
    signal('application', z.strictObject({ name: WaitName, payload: JsonValueSchema.optional() })),
    signal('retry_execution', z.strictObject({ sessionId: SessionId.optional() }).prefault({})),
    signal('update_params', z.strictObject({ params: JsonObjectSchema })),
    signal('inject_override', z.strictObject({ stepId: StepName, override: JsonObjectSchema })),
    signal('escalate_alert', z.strictObject({ level: AlertLevel, note: Note.optional() })),
    signal(
      'emergency_stop',
      z.strictObject({ forceKill: z.boolean().optional() }).prefault({}),
      z.string().min(1).max(1_000),
    ),
    signal('claim', nothing),
  ])
  .meta({ id: 'SignalSubmission' });
export type SignalSubmission = z.infer<typeof SignalSubmission>;

export type SentSignalType = SignalSubmission['signalType'];

/** Who may send signals. The first three are cumulative, each holds what the one before it holds; `system` is apart. */
export const SignalRole = z.enum(['operator', 'engineer', 'admin', 'system']);
export type SignalRole = z.infer<typeof SignalRole>;

/** The least powerful role that suffices. */
const SUFFICES: Readonly<Record<SentSignalType, SignalRole>> = {
  pause: 'operator',
  resume: 'operator',
  cancel: 'operator',
  approve: 'operator',
  deny: 'operator',
  application: 'operator',
  claim: 'operator',
  retry_step: 'engineer',
  skip_step: 'engineer',
  resolve_step: 'engineer',
  compensate: 'engineer',
  retry_execution: 'engineer',
  update_params: 'admin',
  inject_override: 'admin',
  emergency_stop: 'admin',
  escalate_alert: 'system',
};

export const SIGNAL_TYPES = Object.keys(SUFFICES) as readonly SentSignalType[];

/**
 * The role that is recorded with a signal: the least powerful one that suffices, whatever else its sender holds. An alert
 * is the system's to raise; an administrator who is no part of it raises it as one.
 */
export function roleSufficing(signalType: SentSignalType, held: readonly string[]): SignalRole {
  const role = SUFFICES[signalType];
  return role === 'system' && !held.includes('system') ? 'admin' : role;
}

const CUMULATIVE: readonly SignalRole[] = ['operator', 'engineer', 'admin'];

/** Whether a role alone suffices for a signal; what the demonstration policies say in rules. */
export function suffices(role: SignalRole, signalType: SentSignalType): boolean {
  const least = SUFFICES[signalType];
  if (least === 'system') return role === 'system' || role === 'admin';
  return CUMULATIVE.indexOf(role) >= CUMULATIVE.indexOf(least);
}

const DESTRUCTIVE: ReadonlySet<SentSignalType> = new Set([
  'update_params',
  'inject_override',
  'emergency_stop',
  'cancel',
  'compensate',
  'resolve_step',
]);

/** Nobody can take it back: it needs a reason, and somebody is told. */
export const isDestructive = (signalType: SentSignalType): boolean => DESTRUCTIVE.has(signalType);
