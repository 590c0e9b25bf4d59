/** Asks again and again what is wrong with a log. A question that fails changes nothing: it says nothing about the log. */
export class FitnessWatch {
  #problems: readonly string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #asking: Promise<void> = Promise.resolve();

  constructor(
    private readonly ask: () => Promise<readonly string[]>,
    private readonly intervalMs: number,
  ) {
    this.#schedule();
  }

  /** What is wrong, as of the last answer. */
  get problems(): readonly string[] {
    return this.#problems;
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
      this.#problems = await this.ask();
    } catch {
      // no answer
    }
  }
}
