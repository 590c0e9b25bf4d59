/**
 * Tells the handler of ends in the order in which they stand in the log, for that is the order in which the next run learns
 * of them: a failure is known only after its report, and what succeeded meanwhile has to wait for it. Between two ends the
 * handler has a turn of the event loop to react to the first.
 */
export class EndsInOrder {
  #last: Promise<void> | null;
  /** The end that the handler is reacting to. */
  #reacting: Promise<void> | null = null;

  /** `before`: nothing is told until this resolves. */
  constructor(before: Promise<void> | null) {
    this.#last = before;
  }

  /** Another end is to be told when the handler has reacted to this one. */
  get tellsMore(): boolean {
    return this.#reacting !== null && this.#reacting !== this.#last;
  }

  /** To be called when what may be an end is reported. Resolves when it is known and everything before it has been told. */
  async inTurn<Found>(known: Promise<Found>, isEnd: (found: Found) => boolean): Promise<Found> {
    const before = this.#last;
    let open: () => void = () => undefined;
    const told = new Promise<void>((resolve) => {
      open = resolve;
    });
    this.#last = told;
    const found = await known;
    await before;
    const release = (): void => {
      if (this.#last === told) this.#last = null;
      this.#reacting = null;
      open();
    };
    // what is none lets the next go at once, so that it travels with what the handler does about it
    if (isEnd(found)) {
      this.#reacting = told;
      setImmediate(release);
    } else release();
    return found;
  }
}
