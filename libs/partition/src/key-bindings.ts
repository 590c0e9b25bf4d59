import type { PartitionStore } from '@intendant/wal';

export interface KeyHolder {
  readonly executionId: string;
  readonly fingerprint: string;
}

/** Which execution holds an idempotency key: bound long ago, lately, or being bound right now. */
export class KeyBindings<O extends object> {
  readonly #binding = new Map<string, Promise<O>>();

  constructor(
    private readonly store: PartitionStore,
    /** Who holds the key after this outcome; null when nobody was bound. */
    private readonly holderOf: (outcome: O) => KeyHolder | null,
  ) {}

  async holder(keyDigest: string): Promise<KeyHolder | undefined> {
    const pending = this.#binding.get(keyDigest);
    const bound = pending === undefined ? null : await pending.then(this.holderOf, () => null);
    return bound ?? this.store.keyHolder(keyDigest);
  }

  /**
   * Binds a key by `accept`, once: the holder when somebody was faster. That is asked here again: since the look-up at the
   * door it may have been bound here, or by another process that held the partition meanwhile.
   */
  async bind(
    keyDigest: string,
    accept: () => Promise<O>,
  ): Promise<{ readonly held: KeyHolder } | { readonly fresh: O }> {
    const pending = this.#binding.get(keyDigest);
    if (pending !== undefined) return this.#behind(await pending);
    const held = this.store.keyHolder(keyDigest);
    if (held !== undefined) return { held };
    const binding = accept();
    this.#binding.set(keyDigest, binding);
    try {
      return { fresh: await binding };
    } finally {
      this.#binding.delete(keyDigest);
    }
  }

  #behind(outcome: O): { readonly held: KeyHolder } | { readonly fresh: O } {
    const held = this.holderOf(outcome);
    return held === null ? { fresh: outcome } : { held };
  }
}
