import type { CallOutcome, Journal, JournalCommand, JournalEntry, StepError } from '@intendant/intent-model';
import { isStepFailure } from '../step-error.js';
import { otherwiseAsked } from './asked.js';
import { EndsInOrder } from './ends-in-order.js';
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
  readonly #ends: EndsInOrder;
  #knownTold: () => void = () => undefined;
  #busy = 0;
  /** Ends that are not the handler's to know yet. */
  #queued = 0;
  #waiting = 0;
  #returned = false;
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
    this.#ends = new EndsInOrder(this.#untilKnownTold());
    this.#writer = new JournalWriter(port, this.#ends, (end) => this.#stop(end));
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
    void handler().then((outcome) => this.#finish(outcome));
    this.#check();
    return this.ended;
  }

  /** What the journal has for an operation; undefined when it is new. Never returns when the handler diverged. */
  async meet(
    kind: JournalEntry['kind'],
    id: string,
    place: Place,
    asks?: JournalCommand,
  ): Promise<JournalEntry | undefined> {
    const met = this.meetNow(kind, id, place, asks);
    if (met === 'diverged') return never();
    if (met === undefined || !hasEnded(met)) return met;
    await new Promise<void>((learn) => {
      this.#replay.whenTold(met, learn);
      this.#check();
    });
    if (met.order === null && (kind === 'sleep' || kind === 'signal' || kind === 'child'))
      await this.reportEnd({ op: 'observe', kind, id });
    return met;
  }

  /** The same for an operation whose value is there at once. */
  meetNow(
    kind: JournalEntry['kind'],
    id: string,
    { branch, ordinal }: Place,
    asks?: JournalCommand,
  ): JournalEntry | undefined | 'diverged' {
    if (this.#over) return 'diverged';
    const found = this.#replay.meet(kind, id, branch, ordinal);
    const isNew = found === undefined && this.isReplay && !this.draining;
    const met = isNew ? { expected: 'nothing more', actual: `${kind} ${id}`, recorded: null } : found;
    const divergence = isDivergence(met) ? met : otherwiseMet(met, asks);
    if (divergence === null) return met as JournalEntry | undefined;
    this.#diverged(divergence);
    return 'diverged';
  }

  waitIdAt(name: string, { branch, ordinal }: Place): string {
    return this.#replay.waitIdAt(name, branch, ordinal);
  }

  add(command: JournalCommand): void {
    if (!this.#over && !this.isReplay) this.#writer.add(command);
  }

  /** Says that something has ended; resolves when the handler is to learn of it. */
  async reportEnd(command: JournalCommand): Promise<void> {
    this.add(command);
    await this.#inTurn(Promise.resolve(), () => true);
  }

  /** Adds a beginning and waits until it is durable; never resolves when it may not begin now. */
  async begin(command: Extract<JournalCommand, Place>): Promise<JournalEntry | undefined> {
    if (this.#over) return never();
    if (this.draining) return this.wait();
    const { branch, ordinal } = command;
    // an id is its operation's own within a kind only; a place is nobody else's
    const isIt = (entry: JournalEntry): boolean => entry.branch === branch && entry.ordinal === ordinal;
    const { entry, held } = await this.#reported(command, isIt);
    return held.includes(command.id) ? this.wait() : entry;
  }

  /** Says that an attempt failed; the step as it is then, once that is durable. */
  async failed(command: Extract<JournalCommand, { op: 'step_fail' }>): Promise<JournalEntry | undefined> {
    const { entry } = await this.#reported(command, ({ kind, id }) => kind === 'step' && id === command.id);
    return entry;
  }

  #reported(command: JournalCommand, isIt: (entry: JournalEntry) => boolean) {
    this.add(command);
    const answered = this.during(this.#writer.flush());
    return this.#inTurn(
      answered.then(({ entries, held }) => ({ entry: entries.find(isIt), held })),
      // a beginning that was refused ends as it is recorded
      ({ entry }) => entry?.status === 'failed',
    );
  }

  async #inTurn<Found>(known: Promise<Found>, isEnd: (found: Found) => boolean): Promise<Found> {
    this.#queued += 1;
    const found = await this.#ends.inTurn(known, isEnd);
    this.#queued -= 1;
    this.#check();
    return found;
  }

  /** What is new stands behind all that is recorded. */
  #untilKnownTold(): Promise<void> | null {
    if (!this.#replay.knowsMore) return null;
    return new Promise((resolve) => {
      this.#knownTold = resolve;
    });
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
      if (!this.#replay.knowsMore) this.#knownTold();
      // a handler that has returned learns of nothing new any more
      if ((!this.#returned || this.#replay.knowsMore) && this.#replay.tellNext()) {
        this.#check();
        return;
      }
      if (this.#busy > 0 || this.#returned) return;
      if (this.#queued > 0) {
        // what is recorded is asked for later, or never
        this.#knownTold();
        return;
      }
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

  async #finish(outcome: CallOutcome): Promise<void> {
    if (this.#over) return;
    this.#returned = true;
    // branches that the handler did not wait for come as far as they came before, and have outcomes to report
    while (this.#isAtWork && !this.#over) await new Promise((resolve) => void setImmediate(resolve));
    if (this.#over) return;
    const left = this.#replay.unvisited();
    if (left !== undefined && !this.draining)
      return this.#diverged({
        expected: `${left.kind} ${left.id}`,
        actual: 'the end of the handler',
        recorded: placeOf(left),
      });
    this.#over = true;
    const commands = await this.#writer.takeRest();
    this.#end(
      outcome.status === 'attempt_superseded' ? outcome : { ...outcome, ...(commands.length > 0 && { commands }) },
    );
  }

  get #isAtWork(): boolean {
    if (this.#busy > 0) return true;
    // no turn more than that: what has just ended travels with the outcome
    return this.#replay.knowsMore ? this.#checking : this.#queued > 0;
  }

  /** The call is over, whatever its handler does: what became of an action that is at work, the next run finds out. */
  cutOff(outcome: CallOutcome): void {
    this.#over = true;
    this.#end(outcome);
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

/** The same operation in its place, asked for something else. */
function otherwiseMet(met: JournalEntry | undefined, asks: JournalCommand | undefined): Divergence | null {
  if (met?.asked === undefined || asks === undefined) return null;
  const otherwise = otherwiseAsked(met.asked, asks);
  if (otherwise === null) return null;
  const of = (what: string): string => `${met.kind} ${met.id} with ${what}`;
  return { expected: of(otherwise.expected), actual: of(otherwise.actual), recorded: placeOf(met) };
}

const failed = (error: StepError): CallOutcome => ({ status: 'failed', error });

const divergence = ({ expected, actual }: Pick<Divergence, 'expected' | 'actual'>): CallOutcome =>
  failed({
    code: 'determinism_violation',
    message: `expected ${expected}, got ${actual}`,
    retryable: false,
    details: { actual, expected },
  });
