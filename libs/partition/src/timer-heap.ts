export interface DueTimer {
  readonly dueMs: number;
  readonly executionId: string;
  readonly timerId: string;
}

/**
 * Timers by the instant they are due, the next on top. In columns, without an object for each: of a hundred thousand
 * executions that sleep this is most of what is kept.
 */
export class TimerHeap {
  readonly #dueMs: number[] = [];
  readonly #executionIds: string[] = [];
  readonly #timerIds: string[] = [];

  get size(): number {
    return this.#dueMs.length;
  }

  /** When the next is due; undefined without any. */
  get nextMs(): number | undefined {
    return this.#dueMs[0];
  }

  push({ dueMs, executionId, timerId }: DueTimer): void {
    let place = this.size;
    this.#put(place, dueMs, executionId, timerId);
    for (let above = (place - 1) >> 1; place > 0 && this.#at(above) > dueMs; above = (place - 1) >> 1) {
      this.#move(above, place);
      place = above;
    }
    this.#put(place, dueMs, executionId, timerId);
  }

  pop(): DueTimer | undefined {
    if (this.size === 0) return undefined;
    const top = this.#timer(0);
    const last = this.#timer(this.size - 1);
    for (const column of [this.#dueMs, this.#executionIds, this.#timerIds]) column.length -= 1;
    if (this.size > 0) this.#sink(last);
    return top;
  }

  *[Symbol.iterator](): Iterator<DueTimer> {
    for (let place = 0; place < this.size; place += 1) yield this.#timer(place);
  }

  /** Puts a timer where the top was, and lets it sink to its place. */
  #sink({ dueMs, executionId, timerId }: DueTimer): void {
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      if (below >= this.size) break;
      if (below + 1 < this.size && this.#at(below + 1) < this.#at(below)) below += 1;
      if (this.#at(below) >= dueMs) break;
      this.#move(below, place);
      place = below;
    }
    this.#put(place, dueMs, executionId, timerId);
  }

  #at(place: number): number {
    return this.#dueMs[place] as number;
  }

  #timer(place: number): DueTimer {
    const [executionId, timerId] = [this.#executionIds[place] as string, this.#timerIds[place] as string];
    return { dueMs: this.#at(place), executionId, timerId };
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#at(from), this.#executionIds[from] as string, this.#timerIds[from] as string);
  }

  #put(place: number, dueMs: number, executionId: string, timerId: string): void {
    this.#dueMs[place] = dueMs;
    this.#executionIds[place] = executionId;
    this.#timerIds[place] = timerId;
  }
}
