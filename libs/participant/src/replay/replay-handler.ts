import type { CallOutcome, CapabilityDefinition, ReplayAnswer, ReplayCall } from '@intendant/intent-model';
import type { Scheduler } from '@intendant/kernel';
import { CallAborted, errorOfAbort, LazyAbort } from '../call-abort.js';
import { DurableBranch } from '../durable/durable-context.js';
import { DurableRun } from '../durable/durable-run.js';
import type { Divergence } from '../durable/journal-replay.js';
import { SagaStepError } from '../durable/saga-context.js';
import { type DataPlane, type DataPlaneAccess, handlerInputOf, onFirstUse } from '../handler-context.js';
import { type HandlerContext, type RuntimeParticipant, StepFailure } from '../participant.js';
import { outcomeOfResult } from '../result-contract.js';
import { outcomeOfThrown } from '../step-error.js';
import { ReplayDataPlane } from './replay-data-plane.js';

interface ReplayPorts {
  readonly scheduler: Scheduler;
  dataPlane(access: DataPlaneAccess, signal: AbortSignal): DataPlane;
}

const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Runs a handler once more on what was recorded. Never rejects; beside the ledger of calls, which it leaves alone. */
export async function replayHandler(
  participant: RuntimeParticipant,
  capability: Partial<Pick<CapabilityDefinition, 'sideEffects'>>,
  ports: ReplayPorts,
  { call, state, startedAt }: ReplayCall,
): Promise<ReplayAnswer> {
  const { journal } = call;
  // the actions of a saga as code are not run again; of other handlers somebody must have said that nothing comes of it
  if (journal === null && capability.sideEffects !== 'none' && participant.isolated !== true)
    return refused('not_isolated', `${call.capability.name} may have effects that a replay cannot hold back`);
  const abort = new LazyAbort();
  const recorded = onFirstUse(() =>
    ports.dataPlane({ current: call.dataPlane, callToken: call.callToken }, abort.signal),
  );
  const dataPlane = new ReplayDataPlane(recorded, state);
  const deadlineAtMs = Date.parse(startedAt) + call.timeoutMs;
  const { intent, context } = handlerInputOf(call, { abort, deadlineAtMs, log: SILENT, dataPlane });
  let stop: () => void = () => undefined;
  const tooLong = new Promise<CallOutcome>((resolve) => {
    stop = ports.scheduler.after(call.timeoutMs, () => {
      abort.abort(new CallAborted('deadline'));
      resolve({ status: 'failed', error: errorOfAbort('deadline') });
    });
  });
  const run = journal === null ? null : new DurableRun(journal, dataPlane, 'recorded_only');
  const handle = (): Promise<CallOutcome> =>
    run === null
      ? outcomeOf(() => participant.handleIntent(intent, context), abort)
      : replaySaga(participant, run, intent, context, abort);
  const outcome = await Promise.race([handle(), tooLong]).finally(() => {
    stop();
    abort.abort(new Error('the replay has ended'));
  });
  const { refusal } = dataPlane;
  return refusal === null ? answerOf(outcome, run?.divergence ?? null) : { status: 'refused', ...refusal };
}

const refused = (code: 'not_isolated', message: string): ReplayAnswer => ({ status: 'refused', code, message });

function replaySaga(
  participant: RuntimeParticipant,
  run: DurableRun,
  intent: Parameters<RuntimeParticipant['handleIntent']>[0],
  context: HandlerContext,
  abort: LazyAbort,
): Promise<CallOutcome> {
  // every time and every random number of a handler is in its journal; these are never asked
  const ports = { clock: { nowMs: () => 0 }, scheduler: { after: () => () => undefined }, random: () => 0 };
  const branch = new DurableBranch(run, context, ports, new Map());
  return run.run(() =>
    outcomeOf(async () => {
      if (participant.handleSaga === undefined)
        throw new StepFailure('contract_violation', 'the participant has no handleSaga');
      return participant.handleSaga(intent, branch.context());
    }, abort),
  );
}

async function outcomeOf(handler: () => Promise<unknown>, abort: LazyAbort): Promise<CallOutcome> {
  try {
    return outcomeOfResult(await handler());
  } catch (thrown) {
    return outcomeOfThrown(thrown instanceof SagaStepError ? thrown.asFailure() : thrown, abort);
  }
}

function answerOf(outcome: CallOutcome, divergence: Divergence | null): ReplayAnswer {
  if (divergence !== null) return { status: 'diverged', ...divergence };
  switch (outcome.status) {
    case 'succeeded':
      return { status: 'succeeded', result: outcome.result };
    case 'suspended':
      return { status: 'suspended' };
    case 'failed':
      return { status: 'failed', error: outcome.error };
    case 'attempt_superseded':
      return { status: 'refused', code: 'live_effect_refused', message: 'a replay records nothing' };
  }
}
