import {
  type AcceptCommand,
  callTermsOf,
  decide,
  type Effect,
  type ExecutionCommand,
  type ExecutionState,
  effects,
  isSettled,
  judgeSignal,
  type SignalCommand,
} from '@intendant/execution';
import type { CallToken } from '@intendant/intent-model';
import { type Attribution, type Entry, partitionOf, type RecordDraft } from '@intendant/wal';
import { ChildWatch } from './child-watch.js';
import { activateContract } from './contract-activation.js';
import { batchOf } from './journal-batch.js';
import { recordReport } from './journal-report.js';
import { KeyBindings, type KeyHolder } from './key-bindings.js';
import { knownSignal, SIGNAL_APPLIED_AT } from './known-signal.js';
import { LiveExecution, mayPark } from './live-execution.js';
import { LiveExecutions } from './live-executions.js';
import { ParticipantCalls } from './participant-calls.js';
import type { JournalReport, ReportOutcome, SignalOutcome } from './ports.js';
import { readUnsettled } from './read-unsettled.js';
import { RestingLines } from './resting-lines.js';
import { Silence } from './silence.js';
import type { AcceptOutcome, SupervisorOptions } from './supervisor-options.js';
import { Timers } from './timers.js';
import { Waiters } from './waiters.js';
import { whenFit } from './when-fit.js';

/**
 * Owns the executions of its partitions: appends what the decider says, folds it, performs what the state owes. Every
 * effect follows the sync of the record that demands it; recovery performs the same effects from the same states.
 */
export class Supervisor {
  readonly #live: LiveExecutions;
  /** Executions that wait for something far away, and are not in memory. */
  readonly #parked = new Set<string>();
  readonly #keys: KeyBindings<AcceptOutcome>;
  readonly #waiters: Waiters;
  readonly #children: ChildWatch;
  /** Work on executions that are not live. */
  readonly #resting = new RestingLines();
  /** Partitions that could not be recovered, and why. */
  readonly #halted = new Map<number, Error>();
  readonly #timers: Timers;
  readonly #silence: Silence;
  readonly #calls: ParticipantCalls;
  #draining = false;

  constructor(private readonly options: SupervisorOptions) {
    this.#keys = new KeyBindings(options.store, (outcome) => ('executionId' in outcome ? outcome : null));
    this.#live = new LiveExecutions(options.liveMax, options.livePerTenantMax);
    this.#waiters = new Waiters(options.scheduler);
    this.#children = new ChildWatch(options, {
      command: (executionId, command) => this.#command(executionId, command),
      read: (executionId) => this.read(executionId),
      again: (live) => this.#perform(live),
    });
    this.#timers = new Timers(
      options.clock,
      options.scheduler,
      (executionId, timerId, dueMs) => this.#timerDue(executionId, timerId, dueMs),
      options.lookAgainMs,
    );
    this.#silence = new Silence(options, this.#live, this.#parked);
    this.#calls = new ParticipantCalls(options, {
      inTurn: (executionId, work) => this.#whereverItIs(executionId, work),
      record: (live, command, endedCall) => this.#record(live, command, endedCall),
    });
  }

  get liveCount(): number {
    return this.#live.size;
  }

  /** Of the tenant that has most. */
  get liveCountOfOneTenant(): number {
    return this.#live.mostOfOneTenant;
  }

  get callsInFlight(): number {
    return this.#calls.inFlight;
  }

  /** Takes up every unsettled execution of a partition, of all that are held by default. One that cannot be read is reported and left alone. */
  async recover(
    partitions: readonly number[] = this.options.log.held.map(({ partition }) => partition),
  ): Promise<number> {
    const { clock, events, log, store } = this.options;
    const found: LiveExecution[] = [];
    let asleep = 0;
    for (const partition of partitions) {
      this.#halted.delete(partition);
      try {
        const unsettled = await readUnsettled(log.wal, store.liveExecutions(partition), clock.nowMs());
        for (const live of unsettled.awake) this.#live.enter(live);
        for (const { executionId, timers } of unsettled.asleep) this.#sleep(executionId, timers);
        found.push(...unsettled.awake);
        asleep += unsettled.asleep.length;
      } catch (error) {
        this.#halted.set(partition, error as Error);
        events.halted(partition, error as Error);
      }
    }
    for (const live of found) this.#perform(live);
    return found.length + asleep;
  }

  /** Resolves when no call of a partition is in flight, or after `graceMs`. */
  callsOver(partition: number, graceMs: number): Promise<void> {
    const isCalling = ({ calling, state }: LiveExecution): boolean =>
      calling.size > 0 && this.#isIn(partition, state.executionId);
    return this.#until(() => ![...this.#live.values()].some(isCalling), graceMs);
  }

  async #until(over: () => boolean, graceMs: number): Promise<void> {
    const { clock, scheduler } = this.options;
    const untilMs = clock.nowMs() + graceMs;
    while (!over() && clock.nowMs() < untilMs) await new Promise<void>((resolve) => void scheduler.after(20, resolve));
  }

  /** Forgets everything of a partition that another process holds from now on. Who waits for its executions waits no more. */
  release(partition: number): void {
    const isHere = (executionId: string): boolean => this.#isIn(partition, executionId);
    for (const live of this.#live.values()) {
      if (!isHere(live.state.executionId)) continue;
      live.abandoned = true;
      this.#leave(live);
    }
    for (const executionId of this.#parked) if (isHere(executionId)) this.#parked.delete(executionId);
    this.#timers.forget(isHere);
    this.#silence.forget(isHere);
    this.#waiters.release(isHere);
    this.#halted.delete(partition);
  }

  #isIn(partition: number, executionId: string): boolean {
    return partitionOf(executionId, this.options.log.partitionCount) === partition;
  }

  #sleep(executionId: string, timers: ExecutionState['timers']): void {
    this.#parked.add(executionId);
    for (const [timerId, dueAt] of Object.entries(timers)) this.#timers.arm(executionId, timerId, dueAt);
  }

  /** The execution an idempotency key is bound to, or being bound to right now. */
  keyHolder(keyDigest: string): Promise<KeyHolder | undefined> {
    return this.#keys.holder(keyDigest);
  }

  /**
   * Appends the acceptance, then starts the work. `beside` are records of other streams in the same partition that must
   * be durable with it or not at all. A key that is already bound gives the execution that holds it: callers have looked
   * it up at the door ({@link keyHolder}), so only what was bound since then has to be found here.
   */
  async accept(executionId: string, command: AcceptCommand, beside: readonly Entry[] = []): Promise<AcceptOutcome> {
    const { keyDigest } = command;
    if (keyDigest === null) return this.#accept(executionId, command, beside);
    const bound = await this.#keys.bind(keyDigest, () => this.#accept(executionId, command, beside));
    if ('fresh' in bound) return bound.fresh;
    const { executionId: holder, fingerprint } = bound.held;
    return { kind: 'existing', executionId: holder, fingerprint };
  }

  async #accept(executionId: string, command: AcceptCommand, beside: readonly Entry[]): Promise<AcceptOutcome> {
    if (this.#draining) return { kind: 'draining' };
    this.#throwIfNotHere(executionId);
    const { tenantId } = command.attribution;
    const refusal = isChild(command) ? null : this.#live.refusalFor(tenantId);
    if (refusal !== null) return refusal;
    const live = new LiveExecution(executionId, tenantId);
    this.#live.enter(live);
    try {
      const entry = this.#place(live, command.attribution, decide(live.state, command));
      await this.options.log.commit([entry, ...beside]);
      this.#settleInto(live, entry);
    } catch (error) {
      this.#live.leave(live);
      throw error;
    }
    return { kind: 'accepted', executionId, fingerprint: command.fingerprint };
  }

  /** Throws `Fenced` for what another process holds, `UnfitLog` when nothing new is to be written. */
  #throwIfNotHere(executionId: string): void {
    const { log } = this.options;
    const refusal = this.#halted.get(partitionOf(executionId, log.partitionCount)) ?? log.wal.refusal();
    if (refusal !== null) throw refusal;
    log.epochOf(executionId);
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
    return this.#isUnsettled(executionId) ? this.#waiters.wait(executionId, timeoutMs) : this.read(executionId);
  }

  /** Ends every wait of {@link settled} now, as if its time were over. */
  releaseWaiters(): void {
    this.#waiters.release();
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
    this.#throwIfNotHere(executionId);
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
  silent(boundMs: number): Promise<readonly string[]> {
    return this.#silence.silent(boundMs);
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
    return live.inTurn(() => {
      const { callToken } = report;
      const isCurrent = callToken.epoch === this.options.log.epochOf(executionId) && callToken.n === live.handlerCall;
      if (!isCurrent) return Promise.resolve({ kind: 'superseded' });
      const nowMs = this.options.clock.nowMs();
      const batch = batchOf(live.state, report.commands, this.options.lookUpUndo);
      return recordReport(live, report, batch, nowMs, (command) => this.#record(live, command));
    });
  }

  /** Takes no more work and resolves when no call is in flight, or after `graceMs`. What is left goes on after restart. */
  async drain(graceMs: number): Promise<void> {
    this.#draining = true;
    this.#timers.stop();
    await this.#until(() => this.#calls.inFlight === 0, graceMs);
  }

  /** A command about an execution, in its turn, whether it is live or was parked or settled meanwhile. */
  #command(executionId: string, command: ExecutionCommand): Promise<void> {
    return this.#whereverItIs(executionId, (live) => this.#record(live, command));
  }

  /** In the execution's turn. A call that ended with this command may be made again from the same turn on. */
  async #record(live: LiveExecution, command: ExecutionCommand, endedCall?: string): Promise<void> {
    const drafts = decide(live.state, command);
    const { log } = this.options;
    const patiently = (append: () => Promise<void>) => whenFit(this.options, live.state.executionId, append);
    if (drafts.length > 0) await patiently(() => activateContract(log, live.state, drafts));
    const entry = drafts.length > 0 ? this.#place(live, live.state.attribution as Attribution, drafts) : null;
    if (entry !== null) await patiently(() => log.commit([entry]));
    if (endedCall !== undefined) live.calling.delete(endedCall);
    if (entry !== null) this.#settleInto(live, entry);
  }

  #place(live: LiveExecution, attribution: Attribution, drafts: readonly RecordDraft[]): Entry {
    return this.options.log.encode(live.state.executionId, live.head, attribution, drafts);
  }

  #settleInto(live: LiveExecution, entry: Entry): void {
    const before = live.state.status;
    live.apply(entry);
    const { state } = live;
    this.options.events.applied(state, before);
    if (live.abandoned) return;
    if (!isSettled(state.status)) {
      this.#live.enter(live);
      this.#parked.delete(state.executionId);
      this.#perform(live);
      if (mayPark(live, this.options.clock.nowMs())) this.#park(live);
      return;
    }
    this.#parked.delete(state.executionId);
    this.#leave(live);
    this.#children.tellParentOf(state);
    if (state.status === 'cancelled')
      for (const delivery of live.calling.values())
        this.options.dispatcher.cancel(delivery, 'the execution was stopped');
    this.#waiters.settle(state);
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
    if (this.#live.leave(live)) this.#resting.behind(live.state.executionId, live.whenIdle());
  }

  #perform(live: LiveExecution): void {
    if (this.#draining || live.abandoned) return;
    for (const effect of effects(live.state)) this.#performOne(live, effect);
  }

  #performOne(live: LiveExecution, effect: Effect): void {
    const { executionId } = live.state;
    if (effect.kind === 'call') {
      this.#calls.make(live, callTermsOf(live.state, effect.step, effect.direction));
      return;
    }
    if (effect.kind === 'child') {
      this.#children.ensure(live, effect.childId, effect.child);
      return;
    }
    this.#timers.arm(executionId, effect.timerId, effect.dueAt);
  }

  #timerDue(executionId: string, timerId: string, dueMs: number): void {
    const nowMs = this.options.clock.nowMs();
    this.options.events.timerFired?.(nowMs - dueMs);
    const fired = this.#command(executionId, { kind: 'timer_fired', timerId, nowMs });
    this.#silence
      .during(executionId, timerId, fired)
      .catch((error: Error) => this.options.events.broken(executionId, error));
  }
}

/** What an accepted saga asked for is its work; only the Runtime writes the name of a parent. */
const isChild = ({ intent }: AcceptCommand): boolean => typeof intent.metadata['parentExecutionId'] === 'string';
