import type { ErrorCode } from '@intendant/intent-model';
import { digestOf } from '@intendant/kernel';
import { awaitsApproval, isStartApproval, startApprovalOf } from './approval.js';
import { isAwaitedChild } from './children.js';
import { type SignalCommand, type SignalType, textIn } from './commands.js';
import { judgeTransition } from './conductor.js';
import { UNHEARD_MAX } from './durable-state.js';
import { ledgerOf } from './ledger-of.js';
import { openWaits } from './open-waits.js';
import { MAIN_STEP, planOf } from './plan-of.js';
import { type ExecutionState, isTerminal, type StepState } from './state.js';
import { hasHandlerEnded, namesOf, unknownInside } from './unknown-inside.js';

/** Why a signal may not be applied now. */
export interface SignalRefusal {
  readonly code: ErrorCode;
  readonly detail: string;
  /** Where in the signal. */
  readonly field?: string;
}

const refuse = (code: ErrorCode, detail: string): SignalRefusal => ({ code, detail });

type Judge = (state: ExecutionState, signal: SignalCommand) => SignalRefusal | null;

/** Whether the state allows what policy allowed; null when it does. Pure, so that replay and live agree. */
export function judgeSignal(state: ExecutionState, signal: SignalCommand): SignalRefusal | null {
  if (state.status === 'none') return refuse('not_found', 'no such execution');
  if (isTerminal(state.status) && signal.signalType !== 'escalate_alert')
    return refuse('run_terminal', `the execution is ${state.status}`);
  return JUDGES[signal.signalType](state, signal);
}

const always: Judge = () => null;
const notUnwinding: Judge = (state) =>
  state.unwinding === null ? null : refuse('signal_not_applicable', 'the saga unwinds already');

const mayTurnRound: Judge = (state) => {
  const verdict = judgeTransition(state, 'compensating');
  if (verdict.permitted) return null;
  if (verdict.rule === 'unwinding') return refuse('signal_not_applicable', 'the saga unwinds already');
  return refuse('pivot_passed', 'the saga is past its point of no return');
};

const JUDGES: Readonly<Record<SignalType, Judge>> = {
  pause: (state) =>
    state.status === 'running' || state.status === 'waiting'
      ? null
      : refuse('signal_not_applicable', `an execution that is ${state.status} cannot be paused`),
  resume: (state) =>
    state.status === 'paused' ? null : refuse('signal_not_applicable', `the execution is ${state.status}, not paused`),
  cancel: mayTurnRound,
  compensate: mayTurnRound,
  retry_step: judgeRetryStep,
  skip_step: judgeSkipStep,
  resolve_step: judgeResolveStep,
  approve: judgeAnswer,
  deny: judgeAnswer,
  application: judgeApplication,
  update_params: judgeUpdate,
  inject_override: judgeOverride,
  escalate_alert: always,
  emergency_stop: always,
  claim: (state) =>
    state.status === 'stuck' || state.status === 'paused'
      ? null
      : refuse('signal_not_applicable', `an execution that is ${state.status} needs nobody`),
};

function stepNamed(state: ExecutionState, { payload }: SignalCommand): StepState | SignalRefusal | undefined {
  const stepId = textIn(payload, 'stepId');
  const known = state.steps.get(stepId);
  if (known !== undefined) return known;
  return planOf(state).steps.some((step) => step.stepId === stepId)
    ? undefined
    : refuse('step_not_found', `this execution has no step ${stepId}`);
}

const isRefusal = (found: StepState | SignalRefusal | undefined): found is SignalRefusal =>
  found !== undefined && 'detail' in found;

function judgeRetryStep(state: ExecutionState, signal: SignalCommand): SignalRefusal | null {
  const step = stepNamed(state, signal);
  if (isRefusal(step)) return step;
  if (step === undefined) return refuse('step_not_terminal', 'the step has not run yet');
  const inside = refusedForInside(state, step) ?? refusedRetryInside(state, step);
  if (inside !== null) return inside;
  if (state.status === 'stuck' && isAwaitedChild(state, step.stepId)) return null;
  if (step.inner && isOpenQuestion(state, step)) return null;
  if (state.unwinding !== null && step.undo !== null)
    return step.undo.status === 'failed' ? null : refuse('step_not_terminal', `its undo is ${step.undo.status}`);
  if (step.status === 'failed')
    return state.unwinding === null || isOpenQuestion(state, step)
      ? null
      : refuse('signal_not_applicable', 'the saga unwinds: what has failed is not tried again');
  if (step.status === 'succeeded' || step.status === 'skipped')
    return refuse('step_terminal', `the step has ${step.status === 'skipped' ? 'been skipped' : 'succeeded'}`);
  return refuse('step_not_terminal', `the step is ${step.status}`);
}

function judgeSkipStep(state: ExecutionState, signal: SignalCommand): SignalRefusal | null {
  const step = stepNamed(state, signal);
  if (isRefusal(step)) return step;
  if (state.unwinding !== null)
    return step?.undo?.status === 'failed'
      ? null
      : refuse('signal_not_applicable', 'only a failed undo can be skipped');
  if (state.durable !== null) return refuse('signal_not_applicable', 'the handler of this saga decides its own steps');
  // it would be completed without the result that its output contract promises
  if (state.terms?.plan === undefined)
    return refuse('signal_not_applicable', 'it is the only step: resolve_step says how it ended, cancel gives it up');
  if (awaitsApproval(state)) return pastTheApproval;
  if (step === undefined)
    return Object.hasOwn(state.expansions, textIn(signal.payload, 'stepId'))
      ? refuse('step_not_terminal', 'the step has met its list: its copies are skipped one by one')
      : null;
  // to leave out what may have happened would be a guess
  if (isOpenQuestion(state, step) || (step.status === 'awaiting_retry' && step.errorOutcome === 'unknown'))
    return refuse('signal_not_applicable', 'nobody knows whether the step has happened: resolve_step says so');
  if (step.status === 'awaiting_retry' || step.status === 'failed') return null;
  if (step.status === 'started' || step.status === 'suspended')
    return refuse('step_not_terminal', `the step is ${step.status}`);
  return refuse('step_terminal', `the step has ${step.status === 'skipped' ? 'been skipped' : 'succeeded'}`);
}

/** Its outcome is unknown, and something depends on it: what has no side effects counts as failed. */
const isOpenQuestion = (state: ExecutionState, { stepId, inner }: StepState): boolean => {
  if (inner) return unknownInside(state).some((one) => one.stepId === stepId);
  const step = ledgerOf(state).steps[stepId];
  return step?.status === 'failed' && step.errorOutcome === 'unknown';
};

/** What a handler has not come to the end of says nothing about it while a step inside is unknown. */
function refusedForInside(state: ExecutionState, { stepId }: StepState): SignalRefusal | null {
  const unknown = stepId === MAIN_STEP && state.unwinding === null ? unknownInside(state) : [];
  if (unknown.length === 0) return null;
  return refuse('signal_not_applicable', `of unknown outcome inside ${stepId}, and first: ${namesOf(unknown)}`);
}

/** Only its handler runs a step inside it, and only one that it has not been told the end of. */
function refusedRetryInside(state: ExecutionState, step: StepState): SignalRefusal | null {
  if (!step.inner || step.undo !== null) return null;
  if (!isOpenQuestion(state, step))
    return step.status !== 'failed'
      ? null
      : refuse('signal_not_applicable', 'its handler was told that the step failed, and goes by it');
  const main = state.steps.get(MAIN_STEP);
  return state.unwinding === null && (!hasHandlerEnded(state) || main?.errorOutcome === 'unknown')
    ? null
    : refuse('signal_not_applicable', 'its handler has ended and tries nothing again: resolve_step says what happened');
}

function judgeResolveStep(state: ExecutionState, signal: SignalCommand): SignalRefusal | null {
  const step = stepNamed(state, signal);
  if (isRefusal(step)) return step;
  if (step === undefined) return notUnknown;
  const inside = refusedForInside(state, step);
  if (inside !== null) return inside;
  if (!isOpenQuestion(state, step)) return notUnknown;
  // what it is told it must be told in the same order in every run
  if (step.inner && state.steps.get(MAIN_STEP)?.status === 'started')
    return refuse('step_not_terminal', 'the handler of the step is at work');
  const foreign = step.inner ? 'result' : 'value';
  if (!Object.hasOwn(signal.payload, foreign)) return null;
  const detail = `a step ${step.inner ? 'inside a handler has a value' : 'has a result'}`;
  return { ...refuse('signal_invalid_payload', detail), field: `/payload/${foreign}` };
}

const notUnknown = refuse('step_not_unknown', 'only a step whose outcome is unknown can be resolved');

/** What nobody waits for yet is kept for the handler, up to a bound: what was taken is never dropped. */
function judgeApplication(state: ExecutionState, signal: SignalCommand): SignalRefusal | null {
  const { durable } = state;
  if (durable === null) return refuse('signal_not_applicable', 'nothing in this execution listens to signals');
  const isAwaited = durable.waits.some((wait) => !wait.approval && wait.name === signal.payload['name']);
  if (!isAwaited && durable.unheard.length >= UNHEARD_MAX)
    return refuse('signal_not_applicable', `${UNHEARD_MAX} signals that nobody waits for yet are kept, and no more`);
  return notUnwinding(state, signal);
}

/** A step keeps the payload that it started with: under its key a participant may know another outcome already. */
function judgeUpdate(state: ExecutionState, signal: SignalCommand): SignalRefusal | null {
  if (state.durable !== null && state.steps.has(MAIN_STEP))
    return refuse('signal_not_applicable', 'the handler of this saga has begun with the payload that it has');
  const isBegun = (stepId: string): boolean => state.steps.has(stepId) || Object.hasOwn(state.expansions, stepId);
  if (planOf(state).steps.every(({ stepId }) => isBegun(stepId)))
    return notUnwinding(state, signal) ?? refuse('step_started', 'every step has started with the payload that it has');
  if (changedSince(signal, state.params))
    return refuse('signal_not_applicable', 'somebody else has changed the payload meanwhile: look at it again');
  return notUnwinding(state, signal);
}

/** Whether it was checked over something else than what it would be put over now. */
const changedSince = ({ checkedOver }: SignalCommand, now: ExecutionState['params']): boolean =>
  checkedOver !== undefined && digestOf(checkedOver) !== digestOf(now);

/** What is approved is the payload that is shown, and every step with it: only `update_params` asks for the approval anew. */
const pastTheApproval = refuse(
  'signal_not_applicable',
  'its approval is awaited: use update_params, which asks for it anew, or wait until it is given',
);

function judgeOverride(state: ExecutionState, signal: SignalCommand): SignalRefusal | null {
  const step = stepNamed(state, signal);
  if (isRefusal(step)) return step;
  if (awaitsApproval(state)) return pastTheApproval;
  if (state.durable !== null) return refuse('signal_not_applicable', 'the handler of this saga decides its own inputs');
  if (step !== undefined) return refuse('step_started', 'the step has started');
  const stepId = textIn(signal.payload, 'stepId');
  if (Object.hasOwn(state.expansions, stepId))
    return refuse('step_started', 'the step has met its list: its copies have started');
  return changedSince(signal, state.overrides[stepId] ?? null)
    ? refuse('signal_not_applicable', 'somebody else has put an override over the step meanwhile: look at it again')
    : null;
}

function judgeAnswer(state: ExecutionState, { payload, actor }: SignalCommand): SignalRefusal | null {
  const waitId = textIn(payload, 'waitId');
  if (awaitsApproval(state) && isStartApproval(waitId)) return judgeStart(state, waitId, actor);
  if (openWaits(state).some((wait) => wait.approval && wait.waitId === waitId)) return null;
  const since = state.unwinding === null ? '' : ' any more: the saga unwinds';
  return refuse('approval_not_open', `no approval ${waitId} is awaited${since}`);
}

/** Nobody answers for what they wrote themselves, nor for a payload that is not the one that would start. */
function judgeStart(state: ExecutionState, waitId: string, actor: string): SignalRefusal | null {
  if (actor === `user:${state.intent?.userId}`)
    return refuse('approval_of_own_intent', 'somebody else must approve or deny what you submitted');
  if (state.changedBy.includes(actor))
    return refuse('approval_of_own_intent', 'somebody else must approve or deny the payload that you changed');
  const awaited = startApprovalOf(state);
  return waitId === awaited
    ? null
    : refuse('approval_not_open', `the payload was changed after ${waitId} was asked for: ${awaited} is awaited`);
}
