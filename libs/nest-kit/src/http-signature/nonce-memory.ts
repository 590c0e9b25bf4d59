import { AgeOrderedMap } from '@intendant/kernel';

/** Nonces that are remembered at once; beyond that requests are refused rather than forgotten. */
const NONCES_MAX = 200_000;

/** What was used already, for as long as it could be used again. */
export class NonceMemory {
  /** In order of arrival, which is nearly that of their ends. */
  readonly #endsAtMs = new AgeOrderedMap<number>();

  constructor(private readonly entriesMax = NONCES_MAX) {}

  use(nonce: string, endsAtMs: number, nowMs: number): 'new' | 'replayed' | 'too_many' {
    for (let old = this.#endsAtMs.oldestKey; old !== undefined; old = this.#endsAtMs.oldestKey) {
      if ((this.#endsAtMs.get(old) as number) >= nowMs) break;
      this.#endsAtMs.delete(old);
    }
    if (this.#endsAtMs.has(nonce)) return 'replayed';
    if (this.#endsAtMs.size >= this.entriesMax) return 'too_many';
    this.#endsAtMs.set(nonce, endsAtMs);
    return 'new';
  }
}
