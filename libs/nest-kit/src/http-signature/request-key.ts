import type { RequestKey } from '@intendant/intent-model';

/** Keys that a process knows besides its newest one: the Runtime may not have heard of that yet. */
const FORMER_KEYS_MAX = 2;

export const secretOf = (key: RequestKey): Buffer => Buffer.from(key.secret, 'base64');

/** The keys under which this process may be called: that of its lease, and the ones before it. */
export class RequestKeys {
  #keys: readonly RequestKey[] = [];

  learn(key: RequestKey): void {
    this.#keys = [key, ...this.#keys.filter(({ keyId }) => keyId !== key.keyId)].slice(0, 1 + FORMER_KEYS_MAX);
  }

  find(keyId: string): RequestKey | undefined {
    return this.#keys.find((key) => key.keyId === keyId);
  }
}
