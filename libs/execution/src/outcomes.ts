import type {
  ContentDescriptor,
  ParticipantResult,
  RetryPolicy,
  StepError,
  StoredArtifact,
} from '@intendant/intent-model';
import { digestOf } from '@intendant/kernel';
import { judgeRetry, planStepOf, retryTimerOf, undoTimerOf } from '@intendant/saga';
import type { RecordDraft } from '@intendant/wal';
import type { StepFailedCommand, StepSucceededCommand } from './commands.js';
import { MAIN_STEP, planOf } from './plan-of.js';
import type { ExecutionState, StepState } from './state.js';
import { isUndelivered, waitUntilServedMs } from './undelivered.js';

const RUNTIME = 'runtime';

/** Records of a success: the outcome, then everything the participant returned. */
export function succeed(state: ExecutionState, command: StepSucceededCommand): readonly RecordDraft[] {
  const { result, stepId, attempt, direction } = command;
  const actor = serviceOf(state, stepId, direction);
  const outputDigest = digestOf(result);
  const type = direction === 'undo' ? 'compensation.succeeded' : 'step.succeeded';
  const outcome = { type, actor, cause: { seq: state.lastSeq }, data: { attempt, outputDigest, stepId } } as const;
  return [outcome, ...outputOf(state, command, result, actor)];
}

/** Artifacts, events and changes of state as records, caused by the first record of their entry. */
export function outputOf(
  state: ExecutionState,
  { stepId, direction }: { readonly stepId: string; readonly direction: 'forward' | 'undo' },
  result: ParticipantResult,
  actor: string,
): readonly RecordDraft[] {
  const persistence = state.decision?.obligations?.artifactPersistence ?? { default: 'discard', byResultType: {} };
  const ownerUserId = state.intent?.userId ?? '';
  const drafts: RecordDraft[] = [];
  const caused = { seq: state.lastSeq + 1 };
  for (const artifact of result.artifacts) {
    const { byResultType } = persistence;
    const named = Object.hasOwn(byResultType, artifact.resultType) ? byResultType[artifact.resultType] : undefined;
    const disposition = named ?? persistence.default;
    const data = { artifact, digest: digestOf(artifact), disposition };
    drafts.push({ type: 'artifact.recorded', actor, cause: caused, data });
    const from = { seq: state.lastSeq + 1 + drafts.length };
    const contents = artifact.renderings.map((rendering) => rendering.content);
    const { semanticContent }: StoredArtifact = artifact;
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
    // what is discarded stays in this record and is nobody's to use: without a reference its bytes are swept
    const kept = disposition === 'discard' ? [] : contents;
    if (disposition !== 'discard')
      registered(contents[0] ?? null, artifact.artifactId, artifact.resultType, artifact.parents);
    if (semanticContent !== undefined) kept.push(semanticContent);
    for (const content of kept) registered(content, content.ref, 'content', [artifact.artifactId]);
  }
  for (const change of result.stateChanges)
    drafts.push({ type: 'state.changed', actor: RUNTIME, cause: caused, data: change });
  const prefix = direction === 'undo' ? `${state.executionId}/${stepId}/undo` : `${state.executionId}/${stepId}`;
  result.events.forEach((event, index) => {
    const data = { data: event.data, eventId: `${prefix}/${index}`, eventType: event.eventType };
    drafts.push({ type: 'event.emitted', actor, cause: caused, data });
  });
  return drafts;
}

/** The service that answers for a step, or for its undo. */
export function serviceOf(state: ExecutionState, stepId: string, direction: 'forward' | 'undo'): string {
  const step = state.steps.get(stepId);
  const planned = planStepOf(planOf(state), stepId)?.step;
  if (direction === 'undo' && step?.registered != null) return `service:${step.registered.service}`;
  const undoing = direction === 'undo' ? planned?.compensation?.capability : undefined;
  const { name } = undoing ?? step?.capability ?? { name: '' };
  const service = state.capabilities.find((capability) => capability.name === name)?.service ?? 'unknown';
  return `service:${service}`;
}

/** Records of a failed attempt: the outcome, and a retry when Nurse permits one. */
export function fail(state: ExecutionState, command: StepFailedCommand): readonly RecordDraft[] {
  const { stepId, attempt, error, outcome, direction } = command;
  const undo = direction === 'undo';
  const actor = serviceOf(state, stepId, direction);
  const type = undo ? 'compensation.failed' : 'step.failed';
  const data = { attempt, error, outcome, stepId };
  const drafts: RecordDraft[] = [{ type, actor, cause: { seq: state.lastSeq }, data }];
  if (state.durable !== null && error.code === 'determinism_violation') {
    const stuck = { reason: `determinism violation: ${error.message}`.slice(0, 512), stepId };
    return [...drafts, { type: 'execution.stuck', actor: RUNTIME, cause: { draft: 0 }, data: stuck }];
  }
  const rule = ruleOf(state, stepId, direction);
  // while it unwinds, a definite failure is all there is to know; an unknown outcome is still brought to an end
  if (!undo && state.unwinding !== null && outcome === 'definite') return drafts;
  if (!undo && isUndelivered(state, command)) {
    const waitMs = waitUntilServedMs(state, error);
    return waitMs === null ? drafts : [...drafts, ...retryIn(waitMs, 'nobody could be called: no attempt', command)];
  }
  if (outcome === 'unknown' && rule.unknownOutcome === 'park') return drafts;
  const verdict = judgeRetry(rule.retry, attempt - attemptsForgiven(state, stepId), error, rule.seed);
  if (!verdict.permitted)
    return [{ type, actor, cause: { seq: state.lastSeq }, data: finalFailure(data, verdict.reason) }];
  return [...drafts, ...retryIn(verdict.waitMs, verdict.reason, command)];
}

type Failed = Pick<StepFailedCommand, 'attempt' | 'error' | 'outcome' | 'stepId'>;

/** A failure after which Nurse allows no further attempt; members in canonical order. */
export const finalFailure = (
  { attempt, error, outcome, stepId }: Failed,
  finalBecause: string,
): Failed & { readonly finalBecause: string } => ({ attempt, error, finalBecause, outcome, stepId });

/** A planned retry and its timer. */
export function retryIn(
  waitMs: number,
  permit: string,
  at: {
    readonly stepId: string;
    readonly direction: 'forward' | 'undo';
    readonly attempt: number;
    readonly nowMs: number;
  },
): readonly RecordDraft[] {
  const undo = at.direction === 'undo';
  const attempt = at.attempt + 1;
  const timerId = undo ? undoTimerOf(at.stepId, attempt) : retryTimerOf(at.stepId, attempt);
  const dueAt = new Date(at.nowMs + waitMs).toISOString();
  const caused = { draft: 0 };
  return [
    {
      type: undo ? 'compensation.retry_scheduled' : 'step.retry_scheduled',
      actor: RUNTIME,
      cause: caused,
      data: { attempt, permit, stepId: at.stepId, timerId, waitMs },
    },
    { type: 'timer.set', actor: RUNTIME, cause: { draft: 1 }, data: { dueAt, timerId } },
  ];
}

/** Of the handler of a saga as code: attempts before it last got on, and those that were none. */
const attemptsForgiven = ({ durable }: ExecutionState, stepId: string): number =>
  stepId === MAIN_STEP && durable !== null ? durable.attemptBase + durable.undelivered : 0;

interface RetryRule {
  readonly retry: RetryPolicy;
  readonly unknownOutcome: 'probe' | 'rerun' | 'park';
  readonly seed: string;
}

/** The rule recorded with the acceptance: neither configuration nor registry can change it afterwards. */
function ruleOf(state: ExecutionState, stepId: string, direction: 'forward' | 'undo'): RetryRule {
  const step = state.steps.get(stepId) as StepState;
  const planned = planStepOf(planOf(state), stepId)?.step;
  const seed = state.terms?.jitterSeed ?? '';
  const compensation = step.registered ?? planned?.compensation;
  if (direction === 'undo' && compensation != null)
    return { retry: compensation.retry, unknownOutcome: 'rerun', seed: `${seed}/${stepId}/undo` };
  if (step.retry !== null) return { retry: step.retry, unknownOutcome: 'rerun', seed: `${seed}/${stepId}` };
  const { retry, unknownOutcome } = planned ?? (state.terms as NonNullable<ExecutionState['terms']>);
  return { retry, unknownOutcome, seed: state.terms?.plan === undefined ? seed : `${seed}/${stepId}` };
}

/** Why a step cannot go on, for a person. */
export function standstillOf(step: StepState, error: StepError | null): string {
  const code = error?.code ?? 'no error';
  return `outcome of attempt ${step.attempt} of ${step.stepId} is unknown (${code}) and may not be guessed`;
}
