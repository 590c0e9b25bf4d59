import {
  type CallCancel,
  type CallOutcome,
  type CapabilityDefinition,
  type Intent,
  type Journal,
  type ParticipantCall,
  type ProbeAnswer,
  type ReplayAnswer,
  type ReplayCall,
} from '@intendant/intent-model';
import type { Clock, Scheduler, Tracer } from '@intendant/kernel';
import { type AbortCause, CallAborted, errorOfAbort, LazyAbort } from './call-abort.js';
import { CallLedger, type LedgerLimits, type Run } from './call-ledger.js';
import { DurableBranch } from './durable/durable-context.js';
import { DurableRun } from './durable/durable-run.js';
import { SagaStepError } from './durable/saga-context.js';
import { type DataPlane, type DataPlaneAccess, handlerInputOf, onFirstUse } from './handler-context.js';
import { type HandlerContext, type HandlerLog, type RuntimeParticipant, StepFailure } from './participant.js';
import { replayHandler } from './replay/replay-handler.js';
import { outcomeOfResult } from './result-contract.js';
import { framesOf, isStepFailure, kindOf, outcomeOfThrown } from './step-error.js';

/** What a participant needs from the process it runs in. */
export interface ParticipantPorts {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** A number of at least 0 and below 1; what a handler sees of it is recorded. */
  readonly random?: () => number;
  /** The data plane as one handler may use it; `signal` ends every transfer. */
  dataPlane(access: DataPlaneAccess, signal: AbortSignal): DataPlane;
  /** Continues the trace of a call; absent when nobody traces. */
  readonly tracer?: Tracer | null;
  /** A log that carries the call's ids. */
  log(call: ParticipantCall): HandlerLog;
}

interface HandlerRun extends Run {
  readonly access: DataPlaneAccess;
}

/** What ends with one run of a handler, and when it must have ended. */
type Served = Pick<CapabilityDefinition, 'name' | 'version'> &
  Partial<Pick<CapabilityDefinition, 'sideEffects' | 'durable'>>;

interface RunLimits {
  readonly handler: LazyAbort;
  /** Ends with the handler at the latest, also what it left open. */
  readonly transfers: LazyAbort;
  readonly deadlineAtMs: number;
}

/**
 * The receiving end of the participant protocol, whatever carries it: runs the handler at most once at a time per key,
 * answers every call by its deadline, and lets nothing out that breaks the shape of a result.
 */
export class ParticipantEndpoint {
  readonly #ledger: CallLedger<HandlerRun>;
  readonly #served: ReadonlyMap<string, Served>;

  constructor(
    private readonly participant: RuntimeParticipant,
    capabilities: readonly Served[],
    private readonly ports: ParticipantPorts,
    limits?: LedgerLimits,
  ) {
    this.#ledger = new CallLedger(ports.clock, limits);
    this.#served = new Map(capabilities.map((one) => [`${one.name}@${one.version}`, one]));
  }

  /** Never rejects. A call that joins a handler at work has a deadline of its own, but cannot prolong the handler's. */
  call(call: ParticipantCall): Promise<CallOutcome> {
    const { name, version } = call.capability;
    const served = this.#served.get(`${name}@${version}`);
    if (served === undefined) return Promise.resolve(notServed(`${name}@${version}`));
    if (served.durable === true && call.journal === null) return Promise.resolve(noJournal(`${name}@${version}`));
    if (call.undoes !== null) this.#ledger.forbid(call.undoes.idempotencyKey, call.callToken, UNDONE);
    const outcome = this.#ledger.call(
      call.idempotencyKey,
      call.callToken,
      () => this.#start(call),
      (run) => {
        run.access.current = call.dataPlane;
        run.access.callToken = call.callToken;
      },
      call.logicalAttempt,
    );
    return new Promise((resolve) => {
      const stopWaiting = this.ports.scheduler.after(call.timeoutMs, () => resolve(failedBy('deadline')));
      void outcome.then((settled) => {
        stopWaiting();
        resolve(settled);
      });
    });
  }

  cancel(cancel: CallCancel): void {
    this.#ledger.cancel(cancel.idempotencyKey, cancel.callToken);
  }

  probe(idempotencyKey: string): ProbeAnswer {
    return this.#ledger.probe(idempotencyKey);
  }

  /** Runs a handler once more on what was recorded, beside every call: nothing comes of it but the answer. */
  async replay(replay: ReplayCall): Promise<ReplayAnswer> {
    const { name, version } = replay.call.capability;
    const served = this.#served.get(`${name}@${version}`);
    if (served !== undefined) return replayHandler(this.participant, served, this.ports, replay);
    return { status: 'refused', code: 'not_served', message: `this instance does not serve ${name}@${version}` };
  }

  /** Handlers at work. */
  get running(): number {
    return this.#ledger.running;
  }

  /** Resolves when no handler is at work, at the latest after `waitMsMax`; what still runs then is aborted. */
  async drain(waitMsMax: number): Promise<void> {
    let stopWaiting: () => void = () => undefined;
    const timeIsUp = new Promise<void>((resolve) => {
      stopWaiting = this.ports.scheduler.after(waitMsMax, resolve);
    });
    await Promise.race([this.#ledger.whenIdle(), timeIsUp]);
    stopWaiting();
    this.#ledger.abortAll();
  }

  #start(call: ParticipantCall): HandlerRun {
    const { clock, scheduler } = this.ports;
    const [handler, transfers] = [new LazyAbort(), new LazyAbort()];
    let abortedAtMs: number | null = null;
    const abort = (cause: AbortCause): void => {
      if (handler.aborted) return;
      abortedAtMs = clock.nowMs();
      const reason = new CallAborted(cause);
      handler.abort(reason);
      transfers.abort(reason);
    };
    const access: DataPlaneAccess = { current: call.dataPlane, callToken: call.callToken };
    const deadlineAtMs = clock.nowMs() + call.timeoutMs;
    const clearDeadline = scheduler.after(call.timeoutMs, () => abort('deadline'));
    const handle = () => this.#handle(call, access, { handler, transfers, deadlineAtMs });
    const settled = this.#traced(call, handle).finally(clearDeadline);
    return {
      settled,
      access,
      abort,
      get abortedAtMs() {
        return abortedAtMs;
      },
    };
  }

  /** In a span below the call's, when somebody traces. */
  #traced(call: ParticipantCall, handle: () => Promise<CallOutcome>): Promise<CallOutcome> {
    const { tracer } = this.ports;
    if (tracer === undefined || tracer === null) return handle();
    return tracer.trace('participant.handle', { parent: call.traceparent, kind: 'server' }, async (span) => {
      span.set('intendant.intent_type', call.intent.intentType);
      span.set('intendant.execution_id', call.executionId);
      const outcome = await handle();
      if (outcome.status === 'failed') span.fail(outcome.error.code);
      return outcome;
    });
  }

  async #handle(call: ParticipantCall, access: DataPlaneAccess, limits: RunLimits): Promise<CallOutcome> {
    const { handler, transfers, deadlineAtMs } = limits;
    try {
      const dataPlane = onFirstUse(() => this.ports.dataPlane(access, transfers.signal));
      const log = this.ports.log(call);
      const { intent, context } = handlerInputOf(call, { abort: handler, deadlineAtMs, log, dataPlane });
      if (call.journal !== null) return await this.#handleSaga(call.journal, intent, context, dataPlane);
      return outcomeOfResult(await this.participant.handleIntent(intent, context));
    } catch (thrown) {
      if (!isStepFailure(thrown) && !handler.aborted)
        this.ports.log(call).warn('the handler threw', { error: kindOf(thrown), at: framesOf(thrown) });
      return outcomeOfThrown(thrown, handler);
    } finally {
      transfers.abort(CALL_ENDED);
    }
  }

  /** A saga as code: its run ends with an outcome or with a suspension, also when the handler itself never ends. */
  #handleSaga(journal: Journal, intent: Intent, context: HandlerContext, dataPlane: DataPlane): Promise<CallOutcome> {
    const { participant } = this;
    const run = new DurableRun(journal, dataPlane);
    const branch = new DurableBranch(run, context, { random: Math.random, ...this.ports }, new Map());
    const { signal } = context;
    signal.addEventListener('abort', () => run.cutOff(outcomeOfThrown(signal.reason, signal)), { once: true });
    return run.run(async () => {
      try {
        if (participant.handleSaga === undefined)
          throw new StepFailure('contract_violation', 'the participant has no handleSaga');
        return outcomeOfResult(await participant.handleSaga(intent, branch.context()));
      } catch (thrown) {
        return outcomeOfThrown(thrown instanceof SagaStepError ? thrown.asFailure() : thrown, context.signal);
      }
    });
  }
}

const CALL_ENDED = new Error('the call has ended');

const failedBy = (cause: AbortCause): CallOutcome => ({ status: 'failed', error: errorOfAbort(cause) });

/** A step that is being undone must not run any more, also when its own call arrives after its undo. */
const UNDONE: CallOutcome = {
  status: 'failed',
  error: { code: 'step_undone', message: 'the step has been undone', retryable: false, details: null },
};

/** Retryable: another instance may serve it. */
const notServed = (capability: string): CallOutcome => ({
  status: 'failed',
  error: {
    code: 'capability_unavailable',
    message: `this instance does not serve ${capability}`,
    retryable: true,
    details: null,
  },
});

/** Its handler may do nothing that is not journalled. */
const noJournal = (capability: string): CallOutcome => ({
  status: 'failed',
  error: {
    code: 'contract_violation',
    message: `${capability} is a saga as code, and was called without a journal`,
    retryable: false,
    details: null,
  },
});
