import { AgeOrderedMap } from '@intendant/kernel';
import type { PartitionStore } from '@intendant/wal';

/** Many times what can be bound while one submission waits for its decision. */
const BOUND_MAX = 50_000;

export interface KeyHolder {
  readonly executionId: string;
  readonly fingerprint: string;
}

/** Which execution holds an idempotency key: bound long ago, lately, or being bound right now. */
export class KeyBindings<O extends object> {
  readonly #binding = new Map<string, Promise<O>>();
  /** What a look-up at the door, before the policy decision, could not see yet. */
  readonly #lately = new AgeOrderedMap<KeyHolder>();

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

  /** Binds a key by `accept`, once: the holder when somebody was faster. */
  async bind(
    keyDigest: string,
    accept: () => Promise<O>,
  ): Promise<{ readonly held: KeyHolder } | { readonly fresh: O }> {
    const held = this.#lately.get(keyDigest);
    if (held !== undefined) return { held };
    const pending = this.#binding.get(keyDigest);
    if (pending !== undefined) return this.#behind(await pending);
    const binding = accept();
    this.#binding.set(keyDigest, binding);
    try {
      const fresh = await binding;
      const holder = this.holderOf(fresh);
      if (holder !== null) this.#remember(keyDigest, holder);
      return { fresh };
    } finally {
      this.#binding.delete(keyDigest);
    }
  }

  #behind(outcome: O): { readonly held: KeyHolder } | { readonly fresh: O } {
    const held = this.holderOf(outcome);
    return held === null ? { fresh: outcome } : { held };
  }

  #remember(keyDigest: string, holder: KeyHolder): void {
    if (this.#lately.size >= BOUND_MAX) this.#lately.delete(this.#lately.oldestKey as string);
    this.#lately.set(keyDigest, holder);
  }
}
