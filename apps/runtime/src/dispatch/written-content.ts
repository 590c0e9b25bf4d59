import { AgeOrderedMap } from '@intendant/kernel';

const KEYS_MAX = 50_000;
const NOTHING: ReadonlySet<string> = new Set();

/** What calls wrote, by idempotency key: a later delivery of the same call may answer with what an earlier one wrote. */
export class WrittenContent {
  readonly #digests = new AgeOrderedMap<ReadonlySet<string>>();

  /**
   * Everything written under the key, this included. Null when deliveries before this one were not seen here: by a process that is no
   * more, or too long ago.
   */
  add(idempotencyKey: string, isFirst: boolean, written: readonly string[]): ReadonlySet<string> | null {
    const earlier = this.#digests.get(idempotencyKey) ?? (isFirst ? NOTHING : null);
    if (earlier === null) return null;
    const all = written.length === 0 ? earlier : new Set([...earlier, ...written]);
    this.#digests.set(idempotencyKey, all);
    const { oldestKey } = this.#digests;
    if (this.#digests.size > KEYS_MAX && oldestKey !== undefined) this.#digests.delete(oldestKey);
    return all;
  }
}
