import {
  type AcceptCommand,
  type CallTerms,
  callTermsOf,
  decide,
  type Effect,
  type ExecutionCommand,
  type ExecutionState,
  effects,
  heldIn,
  isSettled,
  isTerminal,
  judgeSignal,
  type OpenChild,
  type SignalCommand,
  violationIn,
} from '@intendant/execution';
import type { CallToken } from '@intendant/intent-model';
import type { Clock, Scheduler } from '@intendant/kernel';
import { judgeSilence } from '@intendant/saga';
import { type Attribution, type Entry, type PartitionStore, partitionOf, type RecordDraft } from '@intendant/wal';
import { childEnd, childOutcome } from './child-end.js';
import { batchOf } from './journal-batch.js';
import { callNameOf, LiveExecution } from './live-execution.js';
import type { LogWriter } from './log-writer.js';
import { commandOf, journalOf } from './outcome-command.js';
import type {
  ChildExecutions,
  Delivery,
  Dispatcher,
  JournalReport,
  ReportOutcome,
  SignalOutcome,
  SupervisorEvents,
  UndoLookup,
} from './ports.js';
import { pulseOf } from './pulse.js';
import { RestingLines } from './resting-lines.js';
import { Timers } from './timers.js';

/** Executions that may be unsettled at once; beyond it new intents are refused, not queued. */
export const LIVE_MAX_DEFAULT = 20_000;

/** How soon a child that could not be started is tried again. */
const CHILD_RETRY_MS = 1_000;

/** Whether nothing will happen to an execution for a while unless somebody comes. */
function mayPark({ state, calling, ensuring }: LiveExecution, nowMs: number): boolean {
  if (state.status !== 'waiting' || calling.size > 0 || ensuring.size > 0) return false;
  return Object.values(state.timers).every((dueAt) => Date.parse(dueAt) - nowMs > PARK_AHEAD_MS);
}

/** An execution whose next timer is nearer than this stays in memory. */
const PARK_AHEAD_MS = 2_000;

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
  /** Longest time between two looks at the clock; only a clock that cannot jump may do with fewer. */
  readonly lookAgainMs?: number;
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
  /** Executions that wait for something far away, and are not in memory. */
  readonly #parked = new Set<string>();
  readonly #accepting = new Map<string, Promise<AcceptOutcome>>();
  /** Keys bound lately: what a look-up at the door, before the policy decision, could not see yet. */
  readonly #bound = new Map<string, { executionId: string; fingerprint: string }>();
  readonly #waiters = new Map<string, Set<(state: ExecutionState | undefined) => void>>();
  /** Work on executions that are not live. */
  readonly #resting = new RestingLines();
  /** Partitions that could not be recovered, and why. */
  readonly #halted = new Map<number, Error>();
  readonly #timers: Timers;
  #calls = 0;
  /** Orders the calls of this process, also those of an execution that was settled and taken up again. */
  #callsMade = 0;
  #draining = false;

  constructor(private readonly options: SupervisorOptions) {
    this.#timers = new Timers(options.clock, options.scheduler, options.lookAgainMs);
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
    const found = [...this.#live.values()];
    for (const live of found) {
      this.#perform(live);
      if (mayPark(live, this.options.clock.nowMs())) this.#park(live);
    }
    return found.length;
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
    this.#throwIfHalted(executionId);
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

  #throwIfHalted(executionId: string): void {
    const halted = this.#halted.get(partitionOf(executionId, this.options.log.partitionCount));
    if (halted !== undefined) throw halted;
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
    if (!this.#isUnsettled(executionId)) return this.read(executionId);
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
    const command: ExecutionCommand = { kind: 'call_superseded', stepId, callToken, outcome };
    await this.#whereverItIs(executionId, async (live) => {
      if (live.state.status !== 'none') await this.#record(live, command);
    });
  }

  /**
   * Applies a signal that policy allowed, in the execution's turn: judged against the state as it is then, recorded with
   * everything that follows from it. A stuck execution that moves again is live again.
   */
  async signal(executionId: string, command: SignalCommand): Promise<SignalOutcome> {
    if (this.#draining) return { kind: 'draining' };
    this.#throwIfHalted(executionId);
    return this.#whereverItIs(executionId, async (live): Promise<SignalOutcome> => {
      const known = knownSignal(live.state, command);
      if (known !== null) return known;
      const refusal = judgeSignal(live.state, command);
      if (refusal !== null) return { kind: 'refused', refusal };
      const appliedSeq = live.state.lastSeq + SIGNAL_APPLIED_AT;
      await this.#record(live, command);
      return { kind: 'applied', state: live.state, appliedSeq };
    });
  }

  /** Executions that said nothing for longer than `boundMs` although they should have. */
  silent(boundMs: number): readonly string[] {
    const nowMs = this.options.clock.nowMs();
    return [...this.#live.values()]
      .filter((live) => nowMs - live.lastRecordMs > boundMs)
      .filter((live) => judgeSilence(pulseOf(live.state, live.lastRecordMs), nowMs, boundMs) !== null)
      .map((live) => live.state.executionId);
  }

  /** When a live execution last recorded something, in milliseconds since the epoch. */
  lastRecordMs(executionId: string): number | undefined {
    return this.#live.get(executionId)?.lastRecordMs;
  }

  /** A call is being repeated that was started before this process read the log. */
  isRecovering(executionId: string): boolean {
    return this.#live.get(executionId)?.isRecovering ?? false;
  }

  /** Runs `work` in the execution's turn; one that is not live is read for it, one at a time. */
  #whereverItIs<T>(executionId: string, work: (live: LiveExecution) => Promise<T>): Promise<T> {
    const live = this.#live.get(executionId);
    if (live !== undefined) return live.inTurn(() => work(live));
    return this.#resting.inTurn(executionId, async () => {
      const now =
        this.#live.get(executionId) ??
        LiveExecution.fromLog(executionId, await this.options.log.wal.readStream(executionId));
      return now.inTurn(() => work(now));
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

  /** A command about an execution, in its turn, whether it is live or was parked or settled meanwhile. */
  #command(executionId: string, command: ExecutionCommand, endedCall?: string): Promise<void> {
    return this.#whereverItIs(executionId, (live) => this.#record(live, command, endedCall));
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
    const before = live.state.status;
    live.apply(entry);
    const { state } = live;
    this.options.events.applied(state, before);
    if (!isSettled(state.status)) {
      this.#live.set(state.executionId, live);
      this.#parked.delete(state.executionId);
      this.#perform(live);
      if (mayPark(live, this.options.clock.nowMs())) this.#park(live);
      return;
    }
    this.#parked.delete(state.executionId);
    this.#leave(live);
    if (isTerminal(state.status)) this.#tellParent(state);
    if (state.status === 'cancelled')
      for (const delivery of live.calling.values())
        this.options.dispatcher.cancel(delivery, 'the execution was stopped');
    const waiters = this.#waiters.get(state.executionId);
    if (waiters !== undefined) for (const waiter of waiters) waiter(state);
  }

  /** Sleeping costs no memory but its timers: the next who needs it reads it from the log. */
  #park(live: LiveExecution): void {
    const { executionId } = live.state;
    if (this.#waiters.has(executionId)) return;
    this.#parked.add(executionId);
    this.#leave(live);
  }

  #isUnsettled(executionId: string): boolean {
    return this.#live.has(executionId) || this.#parked.has(executionId);
  }

  /** What was asked while it was live still has its turn before anybody reads it from the log. */
  #leave(live: LiveExecution): void {
    const { executionId } = live.state;
    if (this.#live.get(executionId) !== live) return;
    this.#live.delete(executionId);
    this.#resting.behind(executionId, live.whenIdle());
  }

  #perform(live: LiveExecution): void {
    if (this.#draining) return;
    for (const effect of effects(live.state)) this.#performOne(live, effect);
  }

  #performOne(live: LiveExecution, effect: Effect): void {
    const { executionId } = live.state;
    if (effect.kind === 'call') {
      const terms = callTermsOf(live.state, effect.step, effect.direction);
      if (!live.calling.has(callNameOf(terms))) this.#call(live, terms);
      return;
    }
    if (effect.kind === 'child') {
      this.#ensureChild(live, effect.childId, effect.child);
      return;
    }
    const { timerId, dueAt } = effect;
    this.#timers.arm(`${executionId}/${timerId}`, dueAt, () => {
      const { clock, events } = this.options;
      events.timerFired?.(clock.nowMs() - Date.parse(dueAt));
      this.#command(executionId, { kind: 'timer_fired', timerId, nowMs: clock.nowMs() }).catch((error: Error) =>
        events.broken(executionId, error),
      );
    });
  }

  #call(live: LiveExecution, terms: CallTerms): void {
    const { state } = live;
    const call = callNameOf(terms);
    this.#callsMade += 1;
    const durable = terms.direction === 'forward' ? state.durable : null;
    if (durable !== null) live.handlerCall = this.#callsMade;
    const delivery: Delivery = {
      state,
      call: terms,
      callToken: { epoch: this.options.log.epochOf(state.executionId), n: this.#callsMade },
      logicalAttempt: 1 + terms.definiteFailures,
      journal: durable === null ? null : journalOf(durable, state.unwinding !== null),
      deliveryAttempt: 1 + terms.unknownOutcomes + (live.found.has(call) ? 1 : 0),
    };
    live.calling.set(call, delivery);
    this.#calls += 1;
    void this.options.dispatcher
      .deliver(delivery)
      .then((outcome) => {
        const nowMs = this.options.clock.nowMs();
        return this.#command(state.executionId, commandOf(terms, outcome, this.options.lookUpUndo, nowMs), call);
      })
      .catch((error: Error) => this.options.events.broken(state.executionId, error))
      .finally(() => {
        this.#calls -= 1;
      });
  }

  /** Starts a child, or finds it; asks again when nobody could say. The child's end comes through {@link #tellParent}. */
  #ensureChild(live: LiveExecution, childId: string, child: OpenChild): void {
    const { children, scheduler, events, clock } = this.options;
    if (children === undefined || live.ensuring.has(childId)) return;
    live.ensuring.add(childId);
    const { executionId } = live.state;
    const settle = async (): Promise<void> => {
      const outcome = await children.ensure(live.state, childId, child);
      if (outcome.kind === 'rejected')
        return this.#command(executionId, childEnd(childId, 'rejected', outcome.error, null, clock.nowMs()));
      const state = await this.read(childId);
      if (state !== undefined && isTerminal(state.status))
        await this.#command(executionId, childOutcome(state, clock.nowMs()));
    };
    settle().catch((error: Error) => {
      live.ensuring.delete(childId);
      if (this.#draining || isSettled(live.state.status)) return;
      events.broken(executionId, error);
      scheduler.after(CHILD_RETRY_MS, () => this.#perform(live));
    });
  }

  #tellParent(state: ExecutionState): void {
    const parentId = state.intent?.metadata['parentExecutionId'];
    if (typeof parentId !== 'string' || !this.#isUnsettled(parentId)) return;
    this.#command(parentId, childOutcome(state, this.options.clock.nowMs())).catch((error: Error) =>
      this.options.events.broken(parentId, error),
    );
  }
}

/** An entry of a signal begins with its decision; the signal itself comes next. */
const SIGNAL_APPLIED_AT = 2;

/** What is said to a signal id that was used before; null when it is new. */
function knownSignal(state: ExecutionState, command: SignalCommand): SignalOutcome | null {
  const known = state.signals[command.signalId];
  if (known === undefined) return null;
  if (known.signalType === command.signalType && known.payloadDigest === command.payloadDigest)
    return { kind: 'known', state };
  const detail = `${command.signalId} was used for another signal (${known.signalType})`;
  return { kind: 'refused', refusal: { code: 'signal_duplicate', detail } };
}

const asExisting = (outcome: AcceptOutcome): AcceptOutcome =>
  'executionId' in outcome ? { ...outcome, kind: 'existing' } : outcome;
