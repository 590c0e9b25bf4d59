/** Work that many ask for at once: whoever comes while a round is under way shares the next one, which begins after they asked. */
export class SharedRounds {
  #running: Promise<void> | null = null;
  #next: Promise<void> | null = null;

  constructor(private readonly round: () => Promise<void>) {}

  /** Resolves, or rejects, with a round that began after this call. */
  join(): Promise<void> {
    if (this.#running === null) return this.#begin();
    this.#next ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#next = null;
        return this.#begin();
      });
    return this.#next;
  }

  #begin(): Promise<void> {
    const running = this.round().finally(() => {
      if (this.#running === running) this.#running = null;
    });
    this.#running = running;
    return running;
  }
}
