/**
 * A map that knows its oldest key at a constant price. Asking a `Map` for its first key passes the places of all that was
 * deleted since its table was last made anew: thousands each time, where for every key that comes the oldest one goes.
 */
export class AgeOrderedMap<V> extends Map<string, V> {
  /** Everything it has passed is deleted, but for {@link #oldest}. */
  #passing = super.keys();
  #oldest: string | undefined;

  /** The key that was added first of those that are here; setting it again makes it no younger, deleting it before does. */
  get oldestKey(): string | undefined {
    if (this.#oldest === undefined && this.size > 0) this.#oldest = this.#next();
    return this.#oldest;
  }

  override delete(key: string): boolean {
    if (key === this.#oldest) this.#oldest = undefined;
    return super.delete(key);
  }

  override clear(): void {
    this.#oldest = undefined;
    super.clear();
  }

  /** One that has come to an end stays there, whatever is added later. */
  #next(): string {
    let next = this.#passing.next();
    if (next.done === true) {
      this.#passing = super.keys();
      next = this.#passing.next();
    }
    return next.value as string;
  }
}
