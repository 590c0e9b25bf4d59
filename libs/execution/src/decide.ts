import type {
  CallToken,
  ContentDescriptor,
  Intent,
  ParticipantResult,
  PolicyDecision,
  ResolvedCapability,
  StepError,
} from '@intendant/intent-model';
import { digestOf } from '@intendant/kernel';
import { judgeRetry } from '@intendant/saga';
import type { Attribution, RecordData, RecordDraft } from '@intendant/wal';
import { type ExecutionState, isSettled, type StepState } from './state.js';

/** The only step of a one-step execution. */
export const MAIN_STEP = 'main';

export interface AcceptCommand {
  readonly kind: 'accept';
  readonly attribution: Attribution;
  readonly intent: Intent;
  readonly fingerprint: string;
  readonly keyDigest: string | null;
  readonly decision: PolicyDecision;
  readonly capabilities: readonly ResolvedCapability[];
  readonly registryRevision: number;
  readonly terms: RecordData<'intent.accepted'>;
}

export interface StepSucceededCommand {
  readonly kind: 'step_succeeded';
  readonly stepId: string;
  readonly attempt: number;
  readonly result: ParticipantResult;
}

export interface StepFailedCommand {
  readonly kind: 'step_failed';
  readonly stepId: string;
  readonly attempt: number;
  readonly error: StepError;
  readonly outcome: 'definite' | 'unknown';
  readonly nowMs: number;
}

export interface TimerFiredCommand {
  readonly kind: 'timer_fired';
  readonly timerId: string;
}

export interface CallSupersededCommand {
  readonly kind: 'call_superseded';
  readonly stepId: string;
  readonly callToken: CallToken;
  readonly outcome: string;
}

export type ExecutionCommand =
  | AcceptCommand
  | StepSucceededCommand
  | StepFailedCommand
  | TimerFiredCommand
  | CallSupersededCommand;

const RUNTIME = 'runtime';

/**
 * What to record when `command` meets `state`; nothing when the command comes too late to count (a second outcome of
 * an attempt, a timer that has fired): the first durable outcome wins.
 */
export function decide(state: ExecutionState, command: ExecutionCommand): readonly RecordDraft[] {
  switch (command.kind) {
    case 'accept':
      return state.status === 'none' ? accept(state.executionId, command) : [];
    case 'step_succeeded':
      return isCurrent(state, command) ? succeed(state, command) : [];
    case 'step_failed':
      return isCurrent(state, command) ? fail(state, command) : [];
    case 'timer_fired':
      return fire(state, command);
    case 'call_superseded': {
      const { stepId, callToken, outcome } = command;
      return [{ type: 'call.superseded', actor: RUNTIME, cause: null, data: { callToken, outcome, stepId } }];
    }
  }
}

const isCurrent = (state: ExecutionState, command: { stepId: string; attempt: number }): boolean => {
  const step = state.steps[command.stepId];
  return !isSettled(state.status) && step?.status === 'started' && step.attempt === command.attempt;
};

/** The key under which a participant knows a step: no attempt in it, the same over restarts and owners. */
export const stepKey = (tenantId: string, executionId: string, stepId: string, direction: 'forward' | 'undo'): string =>
  digestOf([tenantId, executionId, stepId, direction]);

/** A command to accept what nothing allows: a defect of the caller, stopped before anything is recorded. */
export class NotAcceptable extends Error {
  constructor(obstacle: string) {
    super(`cannot be accepted: ${obstacle}`);
    this.name = 'NotAcceptable';
  }
}

function obstacleTo({ intent, decision, capabilities, attribution }: AcceptCommand): string | null {
  if (decision.effect !== 'allow') return `the decision is ${decision.effect}`;
  if (decision.inputDigest !== intent.payloadDigest) return 'the decision is about another input';
  if (decision.tenantId !== intent.tenantId || attribution.tenantId !== intent.tenantId)
    return 'intent, decision and attribution name different tenants';
  return capabilities.length === 0 ? 'no capability was resolved' : null;
}

function accept(executionId: string, command: AcceptCommand): readonly RecordDraft[] {
  const { intent, decision, capabilities } = command;
  const obstacle = obstacleTo(command);
  if (obstacle !== null) throw new NotAcceptable(obstacle);
  const user = `user:${intent.userId}`;
  const capability = capabilities[0] as ResolvedCapability;
  return [
    {
      type: 'intent.received',
      actor: user,
      cause: null,
      data: { fingerprint: command.fingerprint, intent, keyDigest: command.keyDigest },
    },
    { type: 'policy.decided', actor: 'service:smart-city', cause: { draft: 0 }, data: { decision } },
    {
      type: 'capability.resolved',
      actor: RUNTIME,
      cause: { draft: 1 },
      data: { capabilities: [...capabilities], registryRevision: command.registryRevision },
    },
    { type: 'intent.accepted', actor: RUNTIME, cause: { draft: 2 }, data: command.terms },
    { type: 'execution.started', actor: RUNTIME, cause: { draft: 3 }, data: {} },
    {
      type: 'step.started',
      actor: RUNTIME,
      cause: { draft: 4 },
      data: {
        attempt: 1,
        capability: { name: capability.name, version: capability.version },
        idempotencyKey: stepKey(intent.tenantId, executionId, MAIN_STEP, 'forward'),
        inputDigest: intent.payloadDigest,
        stepId: MAIN_STEP,
      },
    },
  ];
}

function succeed(state: ExecutionState, command: StepSucceededCommand): readonly RecordDraft[] {
  const { result, stepId, attempt } = command;
  const { persistence, serviceActor, ownerUserId } = standing(state, stepId);
  const outputDigest = digestOf(result);
  const first = { seq: state.lastSeq };
  const drafts: RecordDraft[] = [
    { type: 'step.succeeded', actor: serviceActor, cause: first, data: { attempt, outputDigest, stepId } },
  ];
  const caused = { draft: 0 };
  for (const artifact of result.artifacts) {
    const { byResultType } = persistence;
    const named = Object.hasOwn(byResultType, artifact.resultType) ? byResultType[artifact.resultType] : undefined;
    const disposition = named ?? persistence.default;
    const data = { artifact, digest: digestOf(artifact), disposition };
    drafts.push({ type: 'artifact.recorded', actor: serviceActor, cause: caused, data });
    const from = { draft: drafts.length - 1 };
    const contents = artifact.renderings.map((rendering) => rendering.content);
    const registered = (
      content: ContentDescriptor | null,
      reference: string,
      resourceClass: string,
      sources: string[],
    ) =>
      drafts.push({
        type: 'data.registered',
        actor: RUNTIME,
        cause: from,
        data: { content, ownerUserId, reference, resourceClass, sources },
      });
    registered(contents[0] ?? null, artifact.artifactId, artifact.resultType, artifact.parents);
    for (const content of contents) registered(content, content.ref, 'content', [artifact.artifactId]);
  }
  for (const change of result.stateChanges)
    drafts.push({ type: 'state.changed', actor: RUNTIME, cause: caused, data: change });
  result.events.forEach((event, index) => {
    const eventId = `${state.executionId}/${stepId}/${index}`;
    drafts.push({
      type: 'event.emitted',
      actor: serviceActor,
      cause: caused,
      data: { data: event.data, eventId, eventType: event.eventType },
    });
  });
  drafts.push({ type: 'execution.completed', actor: RUNTIME, cause: caused, data: { resultDigest: outputDigest } });
  return drafts;
}

function standing(state: ExecutionState, stepId: string) {
  const name = state.steps[stepId]?.capability.name;
  const service = state.capabilities.find((capability) => capability.name === name)?.service ?? 'unknown';
  return {
    persistence: state.decision?.obligations?.artifactPersistence ?? { default: 'discard' as const, byResultType: {} },
    serviceActor: `service:${service}`,
    ownerUserId: state.intent?.userId ?? '',
  };
}

function fail(state: ExecutionState, command: StepFailedCommand): readonly RecordDraft[] {
  const { stepId, attempt, error, outcome } = command;
  const terms = state.terms as RecordData<'intent.accepted'>;
  const drafts: RecordDraft[] = [
    {
      type: 'step.failed',
      actor: standing(state, stepId).serviceActor,
      cause: { seq: state.lastSeq },
      data: { attempt, error, outcome, stepId },
    },
  ];
  const caused = { draft: 0 };
  if (outcome === 'unknown' && terms.unknownOutcome === 'park') {
    drafts.push(stuck(stepId, `outcome of attempt ${attempt} is unknown and its capability asks for a person`));
    return drafts;
  }
  const verdict = judgeRetry(terms.retry, attempt, error, terms.jitterSeed);
  if (verdict.permitted) {
    const timerId = `retry/${stepId}/${attempt + 1}`;
    const dueAt = new Date(command.nowMs + verdict.waitMs).toISOString();
    const data = { attempt: attempt + 1, permit: verdict.reason, stepId, timerId, waitMs: verdict.waitMs };
    drafts.push({ type: 'step.retry_scheduled', actor: RUNTIME, cause: caused, data });
    drafts.push({ type: 'timer.set', actor: RUNTIME, cause: { draft: 1 }, data: { dueAt, timerId } });
  } else if (outcome === 'unknown' && terms.sideEffects !== 'none') {
    drafts.push(stuck(stepId, `outcome unknown after ${attempt} attempts: ${verdict.reason}`));
  } else {
    drafts.push({ type: 'execution.failed', actor: RUNTIME, cause: caused, data: { error, stepId } });
  }
  return drafts;
}

const stuck = (stepId: string, reason: string): RecordDraft => ({
  type: 'execution.stuck',
  actor: RUNTIME,
  cause: { draft: 0 },
  data: { reason, stepId },
});

function fire(state: ExecutionState, command: TimerFiredCommand): readonly RecordDraft[] {
  if (!Object.hasOwn(state.timers, command.timerId)) return [];
  const step = Object.values(state.steps).find((candidate) => command.timerId === retryTimerOf(candidate));
  if (step === undefined) return [];
  return [
    { type: 'timer.fired', actor: RUNTIME, cause: { seq: state.lastSeq }, data: { timerId: command.timerId } },
    {
      type: 'step.started',
      actor: RUNTIME,
      cause: { draft: 0 },
      data: {
        attempt: step.attempt + 1,
        capability: step.capability,
        idempotencyKey: step.idempotencyKey,
        inputDigest: state.intent?.payloadDigest ?? '',
        stepId: step.stepId,
      },
    },
  ];
}

const retryTimerOf = (step: StepState): string => `retry/${step.stepId}/${step.attempt + 1}`;
