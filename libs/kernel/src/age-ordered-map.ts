/** Changes after which a pass begins anew, besides as many as there are keys: what it holds on to is bounded by both. */
const CHANGES_MAX = 1_000;

/**
 * A map that knows its oldest key at a constant price. Asking a `Map` for its first key passes the places of all that was
 * deleted since its table was last made anew: thousands each time, where for every key that comes the oldest one goes. So
 * one pass goes on from key to key. It keeps the table where it stands alive, and every later one, with all that they held;
 * therefore it begins anew after so many changes as pay for that.
 */
export class AgeOrderedMap<V> extends Map<string, V> {
  /** Everything it has passed is deleted, but for {@link #oldest}. */
  #passing = super.keys();
  #oldest: string | undefined;
  #changes = 0;

  /** The key that was added first of those that are here; setting it again makes it no younger, deleting it before does. */
  get oldestKey(): string | undefined {
    if (this.#oldest === undefined && this.size > 0) this.#oldest = this.#next();
    return this.#oldest;
  }

  override set(key: string, value: V): this {
    this.#noteChange();
    return super.set(key, value);
  }

  override delete(key: string): boolean {
    if (key === this.#oldest) this.#oldest = undefined;
    this.#noteChange();
    return super.delete(key);
  }

  override clear(): void {
    super.clear();
    this.#beginAnew();
  }

  #noteChange(): void {
    this.#changes += 1;
    if (this.#changes > this.size + CHANGES_MAX) this.#beginAnew();
  }

  #beginAnew(): void {
    this.#passing = super.keys();
    this.#oldest = undefined;
    this.#changes = 0;
  }

  /** One that has come to an end stays there, whatever is added later. */
  #next(): string {
    let next = this.#passing.next();
    if (next.done === true) {
      this.#beginAnew();
      next = this.#passing.next();
    }
    return next.value as string;
  }
}
