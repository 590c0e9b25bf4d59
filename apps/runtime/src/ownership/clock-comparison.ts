/** A clock that is further off than this makes timers and instants of different replicas contradict each other. */
const CLOCK_OFF_MS_MAX = 1_000;

interface Comparison {
  readonly offsetMs: number;
  /** The offset may be wrong by so much: half the round trip. */
  readonly doubtMs: number;
}

/** Compares this clock with Curator's, from the instants of one exchange. */
export class ClockComparison {
  #last: Comparison | null = null;

  exchanged(sentAtMs: number, curatorNowMs: number, receivedAtMs: number): void {
    const doubtMs = Math.abs(receivedAtMs - sentAtMs) / 2;
    this.#last = { offsetMs: Math.round((sentAtMs + receivedAtMs) / 2 - curatorNowMs), doubtMs };
  }

  /** Positive when this clock is ahead; null before the first exchange. */
  get offsetMs(): number | null {
    return this.#last?.offsetMs ?? null;
  }

  /** Whether it is off by more than is bearable, whatever the round trip hides. */
  get off(): boolean {
    return this.#last !== null && Math.abs(this.#last.offsetMs) - this.#last.doubtMs > CLOCK_OFF_MS_MAX;
  }
}
