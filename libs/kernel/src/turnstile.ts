/** Runs at most so many tasks at once; the others wait in the order they came. */
export class Turnstile {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(private readonly atOnceMax: number) {}

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running >= this.atOnceMax) await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    else this.#running += 1;
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
