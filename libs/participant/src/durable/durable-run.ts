import type { CallOutcome, Journal, JournalCommand, JournalEntry, StepError } from '@intendant/intent-model';
import { isStepFailure } from '../step-error.js';
import type { JournalPort, ReportAnswer } from './journal-port.js';
import { type Divergence, hasEnded, isDivergence, JournalReplay, type Place, placeOf } from './journal-replay.js';
import { JournalWriter } from './journal-writer.js';

/** Never resolves: what the operation waits for happens in a later call, with a new run of the handler. */
export const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

type End = Exclude<ReportAnswer, { kind: 'recorded' }> | { kind: 'lost'; error: unknown };

/**
 * One run of a handler against its journal. It ends when the handler does, or when nothing can go on before something
 * happens that only the Runtime sees; then the handler is left behind, and nothing holds on to it.
 */
export class DurableRun {
  readonly #replay: JournalReplay;
  readonly #writer: JournalWriter;
  #busy = 0;
  #waiting = 0;
  #over = false;
  #checking = false;
  #end: (outcome: CallOutcome) => void = () => undefined;
  #divergence: Divergence | null = null;
  readonly ended: Promise<CallOutcome>;

  constructor(
    private readonly journal: Journal,
    port: JournalPort,
    /** `recorded_only`: a replay. What is not in the journal is a divergence, and no action runs again. */
    private readonly may: 'anything' | 'recorded_only' = 'anything',
  ) {
    this.#replay = new JournalReplay(journal);
    this.#writer = new JournalWriter(port, (end) => this.#stop(end));
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** What ended the run, when the handler did something else than was recorded. */
  get divergence(): Divergence | null {
    return this.#divergence;
  }

  get isReplay(): boolean {
    return this.may === 'recorded_only';
  }

  get draining(): boolean {
    return this.journal.mode === 'drain';
  }

  /** Runs the handler; its outcome, or its suspension, is in {@link ended}. */
  run(handler: () => Promise<CallOutcome>): Promise<CallOutcome> {
    void handler().then((outcome) => this.#returned(outcome));
    this.#check();
    return this.ended;
  }

  /** What the journal has for an operation; undefined when it is new. Never returns when the handler diverged. */
  async meet(kind: JournalEntry['kind'], id: string, { branch, ordinal }: Place): Promise<JournalEntry | undefined> {
    const met = this.meetNow(kind, id, { branch, ordinal });
    if (met === 'diverged') return never();
    if (met === undefined || !hasEnded(met)) return met;
    await new Promise<void>((learn) => {
      this.#replay.whenTold(met, learn);
      this.#check();
    });
    if (met.order === null && (kind === 'sleep' || kind === 'signal' || kind === 'child'))
      this.add({ op: 'observe', kind, id });
    return met;
  }

  /** The same for an operation whose value is there at once. */
  meetNow(kind: JournalEntry['kind'], id: string, { branch, ordinal }: Place): JournalEntry | undefined | 'diverged' {
    if (this.#over) return 'diverged';
    const found = this.#replay.meet(kind, id, branch, ordinal);
    const isNew = found === undefined && this.isReplay && !this.draining;
    const met = isNew ? { expected: 'nothing more', actual: `${kind} ${id}`, recorded: null } : found;
    if (!isDivergence(met)) return met;
    this.#diverged(met);
    return 'diverged';
  }

  waitIdAt(name: string, { branch, ordinal }: Place): string {
    return this.#replay.waitIdAt(name, branch, ordinal);
  }

  add(command: JournalCommand): void {
    if (!this.#over && !this.isReplay) this.#writer.add(command);
  }

  /** Adds a beginning and waits until it is durable; never resolves when it may not begin now. */
  async begin(command: JournalCommand): Promise<JournalEntry | undefined> {
    if (this.#over) return never();
    if (this.draining) return this.wait();
    this.#writer.add(command);
    const { entries, held } = await this.during(this.#writer.flush());
    if (held.includes(command.id)) return this.wait();
    return entries.find((entry) => entry.id === command.id);
  }

  /** Waits for everything reported so far; the entries of what was named. */
  flushed(): Promise<{ readonly entries: readonly JournalEntry[] }> {
    return this.during(this.#writer.flush());
  }

  /** Something of the handler is at work. */
  async during<T>(work: Promise<T>): Promise<T> {
    this.#busy += 1;
    try {
      return await work;
    } finally {
      this.#busy -= 1;
      this.#check();
    }
  }

  /** An operation waits for what only the Runtime sees. */
  wait<T>(): Promise<T> {
    this.#waiting += 1;
    this.#check();
    return never<T>();
  }

  /** Tells of recorded ends one by one, each after the handler had time to react to the one before; then, is it idle? */
  #check(): void {
    if (this.#checking || this.#over) return;
    this.#checking = true;
    setImmediate(() => {
      this.#checking = false;
      if (this.#over) return;
      if (this.#replay.tellNext()) {
        this.#check();
        return;
      }
      if (this.#busy > 0) return;
      const missed = this.#replay.missedEnd();
      if (missed !== undefined)
        this.#diverged({
          expected: `${missed.kind} ${missed.id}`,
          actual: 'an operation whose end came later',
          recorded: placeOf(missed),
        });
      else if (this.#waiting > 0) void this.#suspend();
    });
  }

  async #suspend(): Promise<void> {
    this.#over = true;
    const commands = await this.#writer.takeRest();
    this.#end({ status: 'suspended', seen: this.journal.version, commands });
  }

  async #returned(outcome: CallOutcome): Promise<void> {
    if (this.#over) return;
    const left = this.#replay.unvisited();
    if (left !== undefined && !this.draining)
      return this.#diverged({
        expected: `${left.kind} ${left.id}`,
        actual: 'the end of the handler',
        recorded: placeOf(left),
      });
    // an action that the handler did not wait for still has an outcome to report
    while (this.#busy > 0 && !this.#over) await new Promise((resolve) => void setImmediate(resolve));
    if (this.#over) return;
    this.#over = true;
    const commands = await this.#writer.takeRest();
    this.#end(
      outcome.status === 'attempt_superseded' ? outcome : { ...outcome, ...(commands.length > 0 && { commands }) },
    );
  }

  #diverged(found: Divergence): void {
    if (this.#over) return;
    this.#over = true;
    this.#divergence = found;
    this.#end(divergence(found));
  }

  /** Also once the handler is left behind, while its last commands are on their way: the first end counts. */
  #stop(end: End): void {
    this.#over = true;
    if (end.kind === 'violation') {
      this.#end(divergence(end));
      return;
    }
    if (end.kind === 'superseded') {
      this.#end({ status: 'attempt_superseded' });
      return;
    }
    if (end.kind === 'lost' && isStepFailure(end.error) && end.error.options?.retryable !== true) {
      // the Runtime has read it and will not have it: saying it again would change nothing
      this.#end(
        failed({
          code: 'contract_violation',
          message: end.error.message.slice(0, 2_000),
          retryable: false,
          details: null,
        }),
      );
      return;
    }
    const message = 'the journal could not be written';
    this.#end(failed({ code: 'journal_unavailable', message, retryable: true, details: null }));
  }
}

const failed = (error: StepError): CallOutcome => ({ status: 'failed', error });

const divergence = ({ expected, actual }: Pick<Divergence, 'expected' | 'actual'>): CallOutcome =>
  failed({
    code: 'determinism_violation',
    message: `expected ${expected}, got ${actual}`,
    retryable: false,
    details: { actual, expected },
  });
