import { LogCorrupt, UnfitLog } from '@intendant/wal';

/** What is wrong with a log, if anything. */
export interface Fitness {
  readonly problems: readonly string[];
  /** With what everything is refused, since the log that was opened is not there: nothing may be written to another one. */
  readonly refusal: Error | null;
}

/** Asks again and again what is wrong with a log. A question that fails changes nothing: it says nothing about the log. */
export class FitnessWatch {
  #fitness: Fitness = { problems: [], refusal: null };
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #asking: Promise<void> = Promise.resolve();
  /** Ends of the work that is under way. */
  readonly #ends = new Set<(refusal: Error) => void>();

  constructor(
    private readonly ask: () => Promise<Fitness>,
    private readonly intervalMs: number,
  ) {
    this.#schedule();
  }

  /** What is wrong, as of the last answer. */
  get problems(): readonly string[] {
    return this.#fitness.problems;
  }

  get refusal(): Error | null {
    return this.#fitness.refusal;
  }

  /** What appends and claims are refused with. Another log under the same name is worse: who meets it must halt. */
  get unfit(): UnfitLog | null {
    const { problems, refusal } = this.#fitness;
    return problems.length === 0 || refusal instanceof LogCorrupt ? null : new UnfitLog(problems);
  }

  /** What `work` comes to, or a rejection as soon as the log is known to be gone; the work's own outcome is dropped then. */
  async whileThere<T>(work: () => Promise<T>): Promise<T> {
    if (this.refusal !== null) throw this.refusal;
    let end: (refusal: Error) => void = () => undefined;
    const gone = new Promise<never>((_resolve, reject) => {
      end = reject;
    });
    this.#ends.add(end);
    try {
      return await Promise.race([work(), gone]);
    } finally {
      this.#ends.delete(end);
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#asking;
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#asking = this.#askOnce().finally(() => this.#schedule());
    }, this.intervalMs);
    this.#timer.unref();
  }

  async #askOnce(): Promise<void> {
    try {
      this.#fitness = await this.ask();
    } catch {
      // no answer
    }
    const { refusal } = this;
    if (refusal !== null) for (const end of this.#ends) end(refusal);
  }
}
