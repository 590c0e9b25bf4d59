import { isNativeError } from 'node:util/types';

/** Another object stands under the key. Nothing was stored. */
export class ObjectExists extends Error {
  constructor(readonly key: string) {
    super(`another object is stored as ${key}`);
    this.name = 'ObjectExists';
  }
}

/** The store did not do what it was asked to, or nobody knows whether it did; the same call may work later. */
export class ObjectStoreFailed extends Error {
  constructor(what: string, cause?: unknown) {
    super(isNativeError(cause) ? `${what}: ${cause.message}${reasonBehind(cause)}` : what, { cause });
    this.name = 'ObjectStoreFailed';
  }
}

/** What `fetch` fails with says only that it did; its cause says why, by a code or, without one, in words. */
function reasonBehind({ cause }: Error): string {
  if (!isNativeError(cause)) return '';
  return ` (${(cause as NodeJS.ErrnoException).code ?? cause.message})`;
}

/**
 * Keeps objects under keys for ever; nothing is overwritten or removed. A key is segments of letters, digits and `._-`,
 * divided by `/`; a segment does not begin with a dot. Every call may reject with {@link ObjectStoreFailed}.
 */
export interface ObjectStore {
  /** Where the objects are, for people. */
  readonly place: string;
  /** Stores all of it or nothing, durably once it resolves. The same bytes again are fine; others reject with {@link ObjectExists}. */
  put(key: string, bytes: Buffer): Promise<void>;
  /** The object, or null when there is none. */
  get(key: string): Promise<Buffer | null>;
  has(key: string): Promise<boolean>;
  /** Every key that begins with the prefix, sorted by its characters. */
  list(prefix: string): Promise<readonly string[]>;
}

const KEY = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;

/** Throws `RangeError` for what is not a key; so no key leads out of a directory. */
export function assertKey(key: string): void {
  if (!KEY.test(key) || key.length > 512) throw new RangeError(`not a key of an object: ${key}`);
}
