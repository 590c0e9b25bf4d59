const CHUNK_LENGTH = 64;

/**
 * A list that is never changed: whoever appends or replaces gets a new one, which shares all but one chunk with the old.
 * Items are found by their keys without looking through the list; of several under one key the first is.
 */
export class IndexedList<T> implements Iterable<T> {
  /**
   * Key → the lowest place it ever had, in any list that grew out of the same beginning. What is not in it is in none of
   * them; what is may be further on in this one, or in another list only.
   */
  readonly #lowest: Map<string, number>;

  private constructor(
    private readonly keysOf: (item: T) => readonly string[],
    readonly length: number,
    private readonly chunks: readonly (readonly T[])[],
    lowest: Map<string, number>,
  ) {
    this.#lowest = lowest;
  }

  static empty<T>(keysOf: (item: T) => readonly string[]): IndexedList<T> {
    return new IndexedList<T>(keysOf, 0, [], new Map());
  }

  append(item: T): IndexedList<T> {
    // lists that have nothing in common but that they were empty once must not share an index
    const lowest = this.length === 0 ? new Map<string, number>() : this.#lowest;
    for (const key of this.keysOf(item)) {
      const known = lowest.get(key);
      if (known === undefined || known > this.length) lowest.set(key, this.length);
    }
    const last = this.chunks.at(-1);
    const chunks =
      last === undefined || last.length === CHUNK_LENGTH
        ? [...this.chunks, [item]]
        : this.chunks.with(-1, [...last, item]);
    return new IndexedList(this.keysOf, this.length + 1, chunks, lowest);
  }

  find(key: string): T | undefined {
    const place = this.#placeOf(key);
    return place === -1 ? undefined : this.#at(place);
  }

  /** Puts `item`, which has the same keys, where the first item under `key` is; the same list when there is none. */
  replace(key: string, change: (item: T) => T): IndexedList<T> {
    const place = this.#placeOf(key);
    if (place === -1) return this;
    const at = Math.floor(place / CHUNK_LENGTH);
    const chunk = this.chunks[at] as readonly T[];
    const chunks = this.chunks.with(at, chunk.with(place % CHUNK_LENGTH, change(this.#at(place))));
    return new IndexedList(this.keysOf, this.length, chunks, this.#lowest);
  }

  *[Symbol.iterator](): Iterator<T> {
    for (const chunk of this.chunks) yield* chunk;
  }

  toJSON(): readonly T[] {
    return [...this];
  }

  #at(place: number): T {
    return this.chunks[Math.floor(place / CHUNK_LENGTH)]?.[place % CHUNK_LENGTH] as T;
  }

  #placeOf(key: string): number {
    const lowest = this.#lowest.get(key);
    if (lowest === undefined) return -1;
    for (let place = lowest; place < this.length; place += 1)
      if (this.keysOf(this.#at(place)).includes(key)) return place;
    return -1;
  }
}
