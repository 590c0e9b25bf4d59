import { AsyncLocalStorage } from 'node:async_hooks';
import type {
  CallOutcome,
  JournalCommand,
  JournalEntry,
  ParticipantResult,
  RetryPolicy,
  StepError,
} from '@intendant/intent-model';
import { type Clock, digestOf, type JsonValue, type Scheduler } from '@intendant/kernel';
import { LazyAbort } from '../call-abort.js';
import { type HandlerContext, StepFailure } from '../participant.js';
import { outcomeOfThrown } from '../step-error.js';
import {
  asJournalled,
  checkedCommand,
  requireDuration,
  requireJson,
  requireValue,
  wholeMs,
} from './checked-command.js';
import { type DurableRun, never } from './durable-run.js';
import type { Place } from './journal-replay.js';
import {
  type Approval,
  type SagaContext,
  SagaStepError,
  type StepOptions,
  type StepRun,
  type Undo,
} from './saga-context.js';

type Value = JournalEntry['value'];
type AwaitSignal = Extract<JournalCommand, { op: 'await_signal' }>;

/** What operations need from outside; all of it is recorded. */
export interface DurablePorts {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** A number of at least 0 and below 1. */
  readonly random: () => number;
}

/** The action that is running, by its name, in everything that it starts. */
const acting = new AsyncLocalStorage<string>();

/** One branch of a saga as code. Operations are numbered in the order in which the handler calls them. */
export class DurableBranch {
  #ordinal = 0;
  #forks = 0;
  readonly #intents = new Map<string, number>();

  constructor(
    private readonly run: DurableRun,
    private readonly base: HandlerContext,
    private readonly ports: DurablePorts,
    /** State as the handler has set it so far in this run: empty at first, for it sets everything again. */
    private readonly values: Map<string, Value>,
    private readonly branch: string = '',
  ) {}

  context(): SagaContext {
    return Object.freeze({
      ...this.base,
      step: this.#step.bind(this) as SagaContext['step'],
      intent: this.#intent.bind(this),
      all: this.#all.bind(this) as SagaContext['all'],
      sleep: this.#sleep.bind(this),
      waitForSignal: this.#waitForSignal.bind(this),
      approval: this.#approval.bind(this),
      fact: this.#fact.bind(this) as SagaContext['fact'],
      now: () => this.#sample('now', () => this.ports.clock.nowMs()),
      random: () => this.#sample('random', this.ports.random),
      state: Object.freeze({
        get: (key: string) => asJournalled(this.values.get(key) ?? null) as JsonValue,
        set: (key: string, value: JsonValue) => this.#setState(key, value),
      }),
    });
  }

  /** An action may run again, or not at all in the next run: what it asked of the journal would not be met in its place. */
  #place(): Place {
    const inside = acting.getStore();
    if (inside !== undefined)
      throw new StepFailure('contract_violation', `${inside} uses the saga inside its action; do it before or after`);
    this.#ordinal += 1;
    return { branch: this.branch, ordinal: this.#ordinal };
  }

  async #step(id: string, action: (run: StepRun) => Promise<JsonValue>, options: StepOptions = {}): Promise<JsonValue> {
    const place = this.#place();
    const { compensate, retry, timeoutMs } = options;
    const undo = compensate === undefined ? {} : { compensate: undoOf(`step ${id}`, compensate) };
    const started = { op: 'step_start', ...place, id, attempt: 1, ...(retry ? { retry } : {}) } as const;
    const first = checkedCommand('step', { ...started, ...undo });
    if (timeoutMs !== undefined) requireDuration(`step ${id}`, timeoutMs);
    const entry = await this.run.meet('step', id, place, first);
    if (entry?.status === 'succeeded') return asJournalled(entry.value) as JsonValue;
    if (entry?.status === 'failed') throw new SagaStepError(id, entry.error as StepError);
    // what became of an attempt that has no end, a replay does not find out
    if (entry?.status === 'waiting' || (entry !== undefined && this.run.isReplay)) return this.run.wait();
    const attempt = entry === undefined ? 1 : entry.attempt + (entry.status === 'due' ? 1 : 0);
    if (entry?.status !== 'open') {
      const begun = await this.run.begin(entry === undefined ? first : { ...withoutUndo(first), attempt });
      // the Runtime does not let it begin: what is to undo it cannot
      if (begun?.status === 'failed') throw new SagaStepError(id, begun.error as StepError);
    }
    return this.#attempt(id, attempt, action, options);
  }

  async #attempt(
    id: string,
    attempt: number,
    action: (run: StepRun) => Promise<JsonValue>,
    { timeoutMs }: StepOptions,
  ): Promise<JsonValue> {
    const idempotencyKey = digestOf([this.base.tenantId, this.base.executionId, id, 'forward']);
    const { signal, deadlineAtMs } = this.base;
    const leftMs = deadlineAtMs - this.ports.clock.nowMs();
    // what ends with its call needs no timer, which takes no more than 24.8 days
    const boundMs = timeoutMs !== undefined && timeoutMs < leftMs ? timeoutMs : undefined;
    const bound = new StepBound(signal, this.ports.scheduler, boundMs);
    try {
      const run: StepRun = {
        idempotencyKey,
        attempt,
        get signal() {
          return bound.abort.signal;
        },
      };
      const value = await this.run.during(bound.race(acting.run(`step ${id}`, action, run))).finally(bound.release);
      requireValue(`step ${id}`, value);
      await this.run.reportEnd({ op: 'step_succeed', id, attempt, value: asJournalled(value) as Value });
      return asJournalled(value);
    } catch (thrown) {
      // the call is over: what became of the action, the next run finds out
      if (this.base.signal.aborted) return never();
      const error = (outcomeOfThrown(thrown, bound.abort) as Extract<CallOutcome, { status: 'failed' }>).error;
      return this.#failed(id, attempt, error, bound.timedOut);
    }
  }

  async #failed(id: string, attempt: number, error: StepError, timedOut: boolean): Promise<JsonValue> {
    const outcome = timedOut ? 'unknown' : 'definite';
    const entry = await this.run.failed({ op: 'step_fail', id, attempt, error, outcome });
    if (entry?.status === 'failed') throw new SagaStepError(id, entry.error ?? error);
    return this.run.wait();
  }

  async #intent(
    intentType: string,
    payload: { readonly [key: string]: JsonValue },
    options: { readonly id?: string; readonly compensate?: Undo } = {},
  ): Promise<ParticipantResult> {
    const count = (this.#intents.get(intentType) ?? 0) + 1;
    this.#intents.set(intentType, count);
    const suffix = `${this.branch === '' ? '' : `.${this.branch.replaceAll('/', '-')}`}${count === 1 ? '' : `.${count}`}`;
    const id = options.id ?? `${intentType}${suffix}`;
    const place = this.#place();
    requireJson(`the payload of ${intentType}`, payload);
    const undo = options.compensate === undefined ? {} : { compensate: undoOf(`intent ${id}`, options.compensate) };
    const command = checkedCommand('intent', {
      op: 'child',
      ...place,
      id,
      intentType,
      payload: payload as Record<string, never>,
      ...undo,
    });
    const entry = await this.run.meet('child', id, place, command);
    if (entry?.status === 'succeeded') return asJournalled(entry.value) as unknown as ParticipantResult;
    if (entry?.status === 'failed') throw new SagaStepError(id, entry.error as StepError);
    if (entry === undefined) await this.run.begin(command);
    return this.run.wait();
  }

  #all<T>(branches: readonly ((branch: SagaContext) => Promise<T>)[]): Promise<T[]> {
    this.#forks += 1;
    const fork = `${this.branch}/${this.#forks}`;
    return Promise.all(
      branches.map((branch, index) =>
        branch(new DurableBranch(this.run, this.base, this.ports, this.values, `${fork}.${index}`).context()),
      ),
    );
  }

  async #sleep(id: string, durationMs: number): Promise<void> {
    const place = this.#place();
    const command = checkedCommand('sleep', { op: 'sleep', ...place, id, durationMs: wholeMs(durationMs) });
    const entry = await this.run.meet('sleep', id, place, command);
    if (entry?.status === 'succeeded') return;
    if (entry === undefined) await this.run.begin(command);
    return this.run.wait();
  }

  async #waitForSignal(
    name: string,
    options: { readonly id?: string; readonly timeoutMs?: number } = {},
  ): Promise<JsonValue> {
    const place = this.#place();
    const id = options.id ?? this.run.waitIdAt(name, place);
    return this.#await(place, id, { name, approval: false, prompt: null, timeoutMs: options.timeoutMs ?? null });
  }

  async #approval(
    id: string,
    options: { readonly prompt?: string; readonly timeoutMs?: number } = {},
  ): Promise<Approval | null> {
    const { prompt = null, timeoutMs = null } = options;
    const answer = await this.#await(this.#place(), id, { name: `approval:${id}`, approval: true, prompt, timeoutMs });
    return answer as Approval | null;
  }

  async #await(
    place: Place,
    id: string,
    awaited: Pick<AwaitSignal, 'name' | 'approval' | 'prompt' | 'timeoutMs'>,
  ): Promise<JsonValue> {
    const command = checkedCommand(awaited.approval ? 'approval' : 'waitForSignal', {
      op: 'await_signal',
      ...place,
      id,
      ...awaited,
      timeoutMs: awaited.timeoutMs === null ? null : wholeMs(awaited.timeoutMs),
    });
    const entry = await this.run.meet('signal', id, place, command);
    if (entry?.status === 'succeeded') return asJournalled(entry.value) as JsonValue;
    if (entry !== undefined) return this.run.wait();
    const begun = await this.run.begin(command);
    if (begun?.status !== 'succeeded') return this.run.wait();
    // the signal came before it was waited for
    await this.run.reportEnd({ op: 'observe', kind: 'signal', id });
    return asJournalled(begun.value) as JsonValue;
  }

  async #fact(key: string, io: () => Promise<JsonValue>): Promise<JsonValue> {
    const place = this.#place();
    const command = { op: 'fact', ...place, kind: 'fact', id: key } as const;
    checkedCommand('fact', { ...command, value: null });
    const entry = await this.run.meet('fact', key, place);
    if (entry !== undefined) return asJournalled(entry.value) as JsonValue;
    if (this.run.draining) return this.run.wait();
    const value = await this.run.during(acting.run(`fact ${key}`, io));
    requireValue(`fact ${key}`, value);
    await this.run.reportEnd({ ...command, value: asJournalled(value) as Value });
    return asJournalled(value);
  }

  /** The key says what and where, so that two samples are never taken for one another. */
  #sample(kind: 'now' | 'random', take: () => number): number {
    const place = this.#place();
    const id = `${kind}.${place.ordinal}${place.branch.replaceAll('/', '-')}`;
    const entry = this.run.meetNow(kind, id, place);
    if (entry === 'diverged') return 0;
    if (entry !== undefined) return entry.value as number;
    const value = take();
    this.run.add({ op: 'fact', ...place, kind, id, value });
    return value;
  }

  #setState(key: string, value: JsonValue): void {
    const place = this.#place();
    requireValue(`state ${key}`, value);
    const command = checkedCommand('state', { op: 'state_set', ...place, id: key, value: value as Value });
    this.values.set(key, command.value);
    if (this.run.meetNow('state', key, place, command) !== undefined) return;
    this.run.add(command);
  }
}

/** What undoes a step is said with its first attempt. */
const withoutUndo = <Command extends object>({ compensate: _said, ...again }: Command & { compensate?: unknown }) =>
  again;

function undoOf(operation: string, { intent, input, retry, timeoutMs }: Undo) {
  requireJson(`${operation}: compensate.input`, input);
  return {
    intent,
    input: input as Record<string, never>,
    ...(retry === undefined ? {} : { retry: retry satisfies RetryPolicy }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}

/** What ends one action early: the end of its call, or a deadline of its own. */
class StepBound {
  readonly #cancel: () => void;
  readonly #forward: () => void;
  /** Few actions ask for its signal. */
  readonly abort = new LazyAbort();
  timedOut = false;
  #reject: (reason: unknown) => void = () => undefined;

  constructor(
    private readonly callSignal: AbortSignal,
    scheduler: Scheduler,
    timeoutMs: number | undefined,
  ) {
    this.#forward = () => this.#abort(callSignal.reason as Error);
    callSignal.addEventListener('abort', this.#forward, { once: true });
    this.#cancel =
      timeoutMs === undefined
        ? () => undefined
        : scheduler.after(timeoutMs, () => {
            this.timedOut = true;
            this.#abort(new StepFailure('step_timeout', `no outcome in ${timeoutMs} ms`, { retryable: true }));
          });
  }

  /** The action, or its abort, whichever comes first. */
  race<T>(action: Promise<T>): Promise<T> {
    const aborted = new Promise<never>((_resolve, reject) => {
      this.#reject = reject;
      if (this.abort.aborted) reject(this.abort.reason);
    });
    return Promise.race([action, aborted]);
  }

  readonly release = (): void => {
    this.#cancel();
    this.callSignal.removeEventListener('abort', this.#forward);
  };

  #abort(reason: Error): void {
    this.abort.abort(reason);
    this.#reject(reason);
  }
}
