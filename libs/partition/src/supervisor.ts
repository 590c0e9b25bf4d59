import {
  type AcceptCommand,
  type CallTerms,
  type ChildSettledCommand,
  callTermsOf,
  type DurableState,
  decide,
  type Effect,
  type ExecutionCommand,
  type ExecutionState,
  effects,
  heldIn,
  isSettled,
  isTerminal,
  type OpenChild,
  violationIn,
} from '@intendant/execution';
import type { CallToken, Journal, StepError } from '@intendant/intent-model';
import type { Clock, JsonValue, Scheduler } from '@intendant/kernel';
import { type Attribution, type Entry, type PartitionStore, partitionOf, type RecordDraft } from '@intendant/wal';
import { batchOf } from './journal-batch.js';
import { LiveExecution } from './live-execution.js';
import type { LogWriter } from './log-writer.js';
import type {
  ChildExecutions,
  Delivery,
  DeliveryOutcome,
  Dispatcher,
  JournalReport,
  ReportOutcome,
  SupervisorEvents,
  UndoLookup,
} from './ports.js';
import { Timers } from './timers.js';

/** Executions that may be unsettled at once; beyond it new intents are refused, not queued. */
export const LIVE_MAX_DEFAULT = 20_000;

/** How soon a child that could not be started is tried again. */
const CHILD_RETRY_MS = 1_000;

/** Many times what can be bound while one submission waits for its decision. */
const BOUND_MAX = 50_000;

export interface SupervisorOptions {
  readonly log: LogWriter;
  readonly store: PartitionStore;
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly events: SupervisorEvents;
  /** What undoes steps of sagas as code; without it none can be registered. */
  readonly lookUpUndo?: UndoLookup;
  readonly children?: ChildExecutions;
  readonly liveMax?: number;
}

export type AcceptOutcome =
  | { readonly kind: 'accepted' | 'existing'; readonly executionId: string; readonly fingerprint: string }
  | { readonly kind: 'overloaded' | 'draining' };

/**
 * Owns the executions of its partitions: appends what the decider says, folds it, performs what the state owes. Every
 * effect follows the sync of the record that demands it; recovery performs the same effects from the same states.
 */
export class Supervisor {
  readonly #live = new Map<string, LiveExecution>();
  readonly #accepting = new Map<string, Promise<AcceptOutcome>>();
  /** Keys bound lately: what a look-up at the door, before the policy decision, could not see yet. */
  readonly #bound = new Map<string, { executionId: string; fingerprint: string }>();
  readonly #waiters = new Map<string, Set<(state: ExecutionState | undefined) => void>>();
  /** Late results of executions that are not live, in line. */
  readonly #late = new Map<string, Promise<unknown>>();
  /** Partitions that could not be recovered, and why. */
  readonly #halted = new Map<number, Error>();
  readonly #timers: Timers;
  #calls = 0;
  #draining = false;

  constructor(private readonly options: SupervisorOptions) {
    this.#timers = new Timers(options.clock, options.scheduler);
  }

  get liveCount(): number {
    return this.#live.size;
  }

  get callsInFlight(): number {
    return this.#calls;
  }

  /** Takes up every unsettled execution of the log. A partition that cannot be read is reported and left alone. */
  async recover(): Promise<number> {
    const { log, store, events } = this.options;
    for (let partition = 0; partition < log.partitionCount; partition += 1) {
      try {
        const found: LiveExecution[] = [];
        for (const executionId of store.liveExecutions(partition))
          found.push(LiveExecution.fromLog(executionId, await log.wal.readStream(executionId)));
        for (const live of found) this.#live.set(live.state.executionId, live);
      } catch (error) {
        this.#halted.set(partition, error as Error);
        events.halted(partition, error as Error);
      }
    }
    for (const live of this.#live.values()) this.#perform(live);
    return this.#live.size;
  }

  /** The execution an idempotency key is bound to, or being bound to right now. */
  async keyHolder(keyDigest: string): Promise<{ executionId: string; fingerprint: string } | undefined> {
    const pending = this.#accepting.get(keyDigest);
    if (pending !== undefined) {
      const outcome = await pending.catch(() => undefined);
      if (outcome !== undefined && 'executionId' in outcome) return outcome;
    }
    return this.options.store.keyHolder(keyDigest);
  }

  /**
   * Appends the acceptance, then starts the work. `beside` are records of other streams in the same partition that must
   * be durable with it or not at all. A key that is already bound gives the execution that holds it: callers have looked
   * it up at the door ({@link keyHolder}), so only what was bound since then has to be found here.
   */
  async accept(executionId: string, command: AcceptCommand, beside: readonly Entry[] = []): Promise<AcceptOutcome> {
    const { keyDigest } = command;
    if (keyDigest === null) return this.#accept(executionId, command, beside);
    const held = this.#bound.get(keyDigest);
    if (held !== undefined) return { kind: 'existing', ...held };
    const again = this.#accepting.get(keyDigest);
    if (again !== undefined) return asExisting(await again);
    const accepting = this.#accept(executionId, command, beside);
    this.#accepting.set(keyDigest, accepting);
    try {
      const outcome = await accepting;
      if (outcome.kind === 'accepted') this.#remember(keyDigest, executionId, command.fingerprint);
      return outcome;
    } finally {
      this.#accepting.delete(keyDigest);
    }
  }

  #remember(keyDigest: string, executionId: string, fingerprint: string): void {
    if (this.#bound.size >= BOUND_MAX) this.#bound.delete(this.#bound.keys().next().value as string);
    this.#bound.set(keyDigest, { executionId, fingerprint });
  }

  async #accept(executionId: string, command: AcceptCommand, beside: readonly Entry[]): Promise<AcceptOutcome> {
    if (this.#draining) return { kind: 'draining' };
    const halted = this.#halted.get(partitionOf(executionId, this.options.log.partitionCount));
    if (halted !== undefined) throw halted;
    if (this.#live.size >= (this.options.liveMax ?? LIVE_MAX_DEFAULT)) return { kind: 'overloaded' };
    const live = new LiveExecution(executionId);
    this.#live.set(executionId, live);
    try {
      const entry = this.#place(live, command.attribution, decide(live.state, command));
      await this.options.log.commit([entry, ...beside]);
      this.#settleInto(live, entry);
    } catch (error) {
      this.#live.delete(executionId);
      throw error;
    }
    return { kind: 'accepted', executionId, fingerprint: command.fingerprint };
  }

  /** State of an execution, from memory or from the log; undefined when there is none. */
  async read(executionId: string): Promise<ExecutionState | undefined> {
    const live = this.#live.get(executionId);
    if (live !== undefined && live.state.status !== 'none') return live.state;
    const entries = await this.options.log.wal.readStream(executionId);
    return entries.length === 0 ? undefined : LiveExecution.fromLog(executionId, entries).state;
  }

  /** Resolves with the settled state, or with undefined when `timeoutMs` is over first. */
  settled(executionId: string, timeoutMs: number): Promise<ExecutionState | undefined> {
    const live = this.#live.get(executionId);
    if (live === undefined) return this.read(executionId);
    return new Promise((resolve) => {
      const waiters = this.#waiters.get(executionId) ?? new Set();
      this.#waiters.set(executionId, waiters);
      const done = (state: ExecutionState | undefined): void => {
        cancel();
        waiters.delete(done);
        if (waiters.size === 0) this.#waiters.delete(executionId);
        resolve(state);
      };
      const cancel = this.options.scheduler.after(timeoutMs, () => done(undefined));
      waiters.add(done);
    });
  }

  /** Ends every wait of {@link settled} now, as if its time were over. */
  releaseWaiters(): void {
    for (const waiter of Array.from(this.#waiters.values()).flatMap((waiters) => Array.from(waiters)))
      waiter(undefined);
  }

  /** A result that came after its call had been given up: recorded, and without any other effect. */
  async recordLate(executionId: string, stepId: string, callToken: CallToken, outcome: string): Promise<void> {
    const live = this.#live.get(executionId);
    const command: ExecutionCommand = { kind: 'call_superseded', stepId, callToken, outcome };
    if (live !== undefined) return this.#command(live, command);
    const turn = (this.#late.get(executionId) ?? Promise.resolve()).then(async () => {
      const entries = await this.options.log.wal.readStream(executionId);
      if (entries.length > 0) await this.#command(LiveExecution.fromLog(executionId, entries), command);
    });
    const line = turn.catch(() => undefined);
    this.#late.set(executionId, line);
    await turn.finally(() => {
      if (this.#late.get(executionId) === line) this.#late.delete(executionId);
    });
  }

  /** What a running handler of a saga as code did. Resolves once it is durable; a call that was given up records nothing. */
  async report(executionId: string, report: JournalReport): Promise<ReportOutcome> {
    const live = this.#live.get(executionId);
    if (live === undefined) return { kind: 'superseded' };
    const batched = batchOf(report.commands, this.options.lookUpUndo ?? (() => null));
    if ('unknownIntent' in batched) return { kind: 'unknown_intent', intent: batched.unknownIntent };
    return live.inTurn(async () => {
      const step = live.state.steps[report.stepId];
      const { callToken } = report;
      const current = callToken.epoch === this.options.log.epochOf(executionId) && callToken.n === live.handlerCall;
      if (!current || step?.status !== 'started' || isSettled(live.state.status)) return { kind: 'superseded' };
      const violation = violationIn(live.state, report.commands);
      if (violation !== null) return { kind: 'violation', ...violation };
      const held = [...heldIn(live.state, report.commands)].map((command) => command.id);
      const { attempt, stepId } = step;
      const at = { stepId, attempt, direction: 'forward', nowMs: this.options.clock.nowMs() } as const;
      await this.#record(live, { kind: 'journal', ...at, journal: batched.batch });
      const named = new Set(report.commands.map((command) => command.id));
      const entries = live.state.durable?.journal.filter((entry) => named.has(entry.id)) ?? [];
      return { kind: 'recorded', entries, held };
    });
  }

  /** Takes no more work and resolves when no call is in flight, or after `graceMs`. What is left goes on after restart. */
  async drain(graceMs: number): Promise<void> {
    this.#draining = true;
    this.#timers.stop();
    const { clock, scheduler } = this.options;
    const untilMs = clock.nowMs() + graceMs;
    while (this.#calls > 0 && clock.nowMs() < untilMs)
      await new Promise<void>((resolve) => void scheduler.after(20, resolve));
  }

  #command(live: LiveExecution, command: ExecutionCommand, endedCall?: string): Promise<void> {
    return live.inTurn(() => this.#record(live, command, endedCall));
  }

  /** In the execution's turn. A call that ended with this command may be made again from the same turn on. */
  async #record(live: LiveExecution, command: ExecutionCommand, endedCall?: string): Promise<void> {
    const drafts = decide(live.state, command);
    if (drafts.length > 0) await this.#activateContract(live.state, drafts);
    const entry = drafts.length > 0 ? this.#place(live, live.state.attribution as Attribution, drafts) : null;
    if (entry !== null) await this.options.log.commit([entry]);
    if (endedCall !== undefined) live.calling.delete(endedCall);
    if (entry !== null) this.#settleInto(live, entry);
  }

  #place(live: LiveExecution, attribution: Attribution, drafts: readonly RecordDraft[]): Entry {
    return this.options.log.encode(live.state.executionId, live.head, attribution, drafts);
  }

  /**
   * The boundary contract's own record, when this outcome completes an intent that was allowed to activate it. It comes
   * first: after a crash in between, the outcome is recorded again and finds the contract active.
   */
  async #activateContract(state: ExecutionState, drafts: readonly RecordDraft[]): Promise<void> {
    const obligation = state.decision?.obligations?.boundaryContract;
    if (obligation?.action !== 'activate' || !drafts.some((draft) => draft.type === 'execution.completed')) return;
    const { log } = this.options;
    const { contract } = obligation;
    const intentId = state.intent?.intentId ?? '';
    const history = (await log.wal.readStream(contract.contractId)).flatMap((entry) => entry.records);
    if (history.some((record) => record.type === 'contract.activated' && record.data.intentId === intentId)) return;
    await log.append(contract.contractId, state.attribution as Attribution, (head) => {
      const data = { contract: { ...contract, revision: head.nextSeq }, intentId };
      return [{ type: 'contract.activated', actor: 'runtime', cause: null, data }];
    });
  }

  #settleInto(live: LiveExecution, entry: Entry): void {
    live.apply(entry);
    const { state } = live;
    this.options.events.applied(state);
    if (!isSettled(state.status)) {
      this.#perform(live);
      return;
    }
    this.#live.delete(state.executionId);
    if (isTerminal(state.status)) this.#tellParent(state);
    const waiters = this.#waiters.get(state.executionId);
    if (waiters !== undefined) for (const waiter of waiters) waiter(state);
  }

  #perform(live: LiveExecution): void {
    if (this.#draining) return;
    for (const effect of effects(live.state)) this.#performOne(live, effect);
  }

  #performOne(live: LiveExecution, effect: Effect): void {
    const { executionId } = live.state;
    if (effect.kind === 'call') {
      const terms = callTermsOf(live.state, effect.step, effect.direction);
      const call = `${terms.direction}/${terms.stepId}/${terms.attempt}`;
      if (live.calling.has(call)) return;
      live.calling.add(call);
      this.#call(live, terms, call);
      return;
    }
    if (effect.kind === 'child') {
      this.#ensureChild(live, effect.childId, effect.child);
      return;
    }
    this.#timers.arm(`${executionId}/${effect.timerId}`, effect.dueAt, () => {
      this.#command(live, { kind: 'timer_fired', timerId: effect.timerId, nowMs: this.options.clock.nowMs() }).catch(
        (error: Error) => this.options.events.broken(executionId, error),
      );
    });
  }

  #call(live: LiveExecution, terms: CallTerms, call: string): void {
    const { state } = live;
    live.callsMade += 1;
    const durable = terms.direction === 'forward' ? state.durable : null;
    if (durable !== null) live.handlerCall = live.callsMade;
    const delivery: Delivery = {
      state,
      call: terms,
      callToken: { epoch: this.options.log.epochOf(state.executionId), n: live.callsMade },
      logicalAttempt: 1 + terms.definiteFailures,
      journal: durable === null ? null : journalOf(durable, state.unwinding !== null),
      deliveryAttempt: 1 + terms.unknownOutcomes + (live.recovered && live.callsMade === 1 ? 1 : 0),
    };
    this.#calls += 1;
    void this.options.dispatcher
      .deliver(delivery)
      .then((outcome) => this.#command(live, this.#commandOf(terms, outcome), call))
      .catch((error: Error) => this.options.events.broken(state.executionId, error))
      .finally(() => {
        this.#calls -= 1;
      });
  }

  /** Starts a child, or finds it; asks again when nobody could say. The child's end comes through {@link #tellParent}. */
  #ensureChild(live: LiveExecution, childId: string, child: OpenChild): void {
    const { children, scheduler, events } = this.options;
    if (children === undefined || live.ensuring.has(childId)) return;
    live.ensuring.add(childId);
    const settle = async (): Promise<void> => {
      const outcome = await children.ensure(live.state, childId, child);
      if (outcome.kind === 'rejected') return this.#command(live, this.#childEnd(childId, 'rejected', outcome.error));
      const state = await this.read(childId);
      if (state !== undefined && isTerminal(state.status)) await this.#command(live, this.#childOutcome(state));
    };
    settle().catch((error: Error) => {
      live.ensuring.delete(childId);
      if (this.#draining || isSettled(live.state.status)) return;
      events.broken(live.state.executionId, error);
      scheduler.after(CHILD_RETRY_MS, () => this.#perform(live));
    });
  }

  #tellParent(state: ExecutionState): void {
    const parentId = state.intent?.metadata['parentExecutionId'];
    const parent = typeof parentId === 'string' ? this.#live.get(parentId) : undefined;
    if (parent === undefined) return;
    this.#command(parent, this.#childOutcome(state)).catch((error: Error) =>
      this.options.events.broken(parent.state.executionId, error),
    );
  }

  #childOutcome(state: ExecutionState): ExecutionCommand {
    const status = state.status as 'completed';
    const { artifacts, events, stateChanges } = state;
    const result = { artifacts: artifacts.map((one) => one.artifact), events, stateChanges };
    const shown = status === 'completed' ? (result as unknown as JsonValue) : null;
    return this.#childEnd(state.executionId, status, state.error, shown);
  }

  #childEnd(
    childId: string,
    status: ChildSettledCommand['status'],
    error: StepError | null,
    result: JsonValue = null,
  ): ExecutionCommand {
    return { kind: 'child_settled', childId, status, error, result, nowMs: this.options.clock.nowMs() };
  }

  #commandOf({ stepId, direction, attempt }: CallTerms, outcome: DeliveryOutcome): ExecutionCommand {
    const of = { stepId, direction, attempt, nowMs: this.options.clock.nowMs() };
    const batched = batchOf(('commands' in outcome && outcome.commands) || [], this.options.lookUpUndo ?? (() => null));
    if ('unknownIntent' in batched) return { kind: 'step_failed', ...of, ...nobodyAnswers(batched.unknownIntent) };
    const { batch: journal } = batched;
    if (outcome.kind === 'suspended') return { kind: 'step_suspended', ...of, seen: outcome.seen, journal };
    if (outcome.kind === 'succeeded') return { kind: 'step_succeeded', ...of, result: outcome.result, journal };
    const definiteness = outcome.kind === 'failed' ? 'definite' : 'unknown';
    return { kind: 'step_failed', ...of, error: outcome.error, outcome: definiteness, journal };
  }
}

const nobodyAnswers = (intent: string) => ({
  error: { code: 'capability_not_found', message: `no capability answers ${intent}`, retryable: true, details: null },
  outcome: 'definite' as const,
});

const journalOf = ({ version, journal }: DurableState, unwinding: boolean): Journal => ({
  version,
  mode: unwinding ? 'drain' : 'run',
  entries: [...journal],
});

const asExisting = (outcome: AcceptOutcome): AcceptOutcome =>
  'executionId' in outcome ? { ...outcome, kind: 'existing' } : outcome;
