import { FairQueue } from './fair-queue.js';

/** Runs at most so many tasks at once; of the others each owner's take turns with everybody else's, in the order they came. */
export class Turnstile {
  #running = 0;
  readonly #waiting = new FairQueue<() => void>();

  constructor(private readonly atOnceMax: number) {}

  async run<T>(task: () => Promise<T>, owner = ''): Promise<T> {
    if (this.#running >= this.atOnceMax) await new Promise<void>((resolve) => this.#waiting.push(owner, resolve));
    else this.#running += 1;
    try {
      return await task();
    } finally {
      const next = this.#waiting.take();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
