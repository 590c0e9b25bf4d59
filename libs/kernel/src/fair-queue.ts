interface Waiting<T> {
  readonly item: T;
  next: Waiting<T> | null;
}

/** What one owner has waiting, and who has the turn after it. */
interface Line<T> {
  readonly owner: string;
  first: Waiting<T>;
  last: Waiting<T>;
  after: Line<T>;
}

/**
 * Owners take turns, one item each; of one owner's items the oldest comes first. Whoever comes new waits for one item of each
 * that waits already, however many they have. Each move costs the same, and who has nothing waiting costs nothing.
 */
export class FairQueue<T> {
  readonly #lines = new Map<string, Line<T>>();
  /** The ring of lines, by the one that had its turn last. */
  #latest: Line<T> | null = null;

  /** Owners that have something waiting. */
  get ownerCount(): number {
    return this.#lines.size;
  }

  push(owner: string, item: T): void {
    const waiting = { item, next: null };
    const line = this.#lines.get(owner);
    if (line === undefined) this.#begin(owner, waiting);
    else {
      line.last.next = waiting;
      line.last = waiting;
    }
  }

  /** What has its turn now; undefined when nothing waits. */
  take(): T | undefined {
    if (this.#latest === null) return undefined;
    const line = this.#latest.after;
    const { item, next } = line.first;
    if (next === null) this.#end(this.#latest, line);
    else {
      line.first = next;
      this.#latest = line;
    }
    return item;
  }

  #begin(owner: string, waiting: Waiting<T>): void {
    const line = { owner, first: waiting, last: waiting } as Line<T>;
    line.after = this.#latest?.after ?? line;
    if (this.#latest !== null) this.#latest.after = line;
    this.#latest = line;
    this.#lines.set(owner, line);
  }

  #end(before: Line<T>, line: Line<T>): void {
    this.#lines.delete(line.owner);
    if (before === line) this.#latest = null;
    else before.after = line.after;
  }
}
