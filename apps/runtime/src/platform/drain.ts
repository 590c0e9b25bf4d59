/** Tells, once, that the process takes no more work and long conversations must end. */
export class Drain {
  readonly #listeners = new Set<() => void>();
  #begun = false;

  get begun(): boolean {
    return this.#begun;
  }

  /** Calls back when the drain begins; returns the function that forgets the callback. */
  onBegin(callback: () => void): () => void {
    this.#listeners.add(callback);
    return () => this.#listeners.delete(callback);
  }

  begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    for (const listener of Array.from(this.#listeners)) listener();
  }
}
