import type Database from 'libsql';

/** Bits per key and probes: one look-up in a few thousand asks the table for nothing. */
const BITS_PER_KEY = 16;
const PROBES = 6;
const KEYS_MIN = 1 << 17;
const KEYS_PER_READ = 5_000;
/** Hex digits of a key that are looked at; the table holds twice as many. */
const DIGITS = 16;

/**
 * A Bloom filter over every idempotency key that was ever bound. Nearly all keys are new, and each would cost a look-up
 * in the table to learn that; this answers from memory. Until all keys of the table were read it knows nothing, and the
 * table is asked.
 */
export class KeyFilter {
  /** Newest last, each twice as large as the one before it; only the newest takes more keys. */
  readonly #layers: Uint32Array[] = [];
  #room = 0;
  /** Last key read from the table; null once all were. */
  #readUpTo: Uint8Array | null = Buffer.alloc(0);
  #stopped = false;
  readonly #next;

  /** `entries`: how many entries the log has, hence at most how many keys. */
  constructor(db: Database.Database, entries: number) {
    this.#next = db.prepare(
      `SELECT group_concat(hex(substr(CAST(key_digest AS BLOB), 1, ${DIGITS / 2})), '') AS keys, CAST(max(key_digest) AS BLOB) AS last
       FROM (SELECT key_digest FROM key_holder WHERE key_digest > ? ORDER BY key_digest LIMIT ${KEYS_PER_READ})`,
    );
    this.#grow(Math.max(entries, KEYS_MIN));
    this.#readOn();
  }

  /** False when no execution holds this key. */
  mayHold(keyDigest: string): boolean {
    return this.#readUpTo !== null || this.#layers.some((bits) => probe(bits, keyDigest, false));
  }

  add(keyDigest: string): void {
    if (this.#room === 0) this.#grow(((this.#layers.at(-1) as Uint32Array).length * 64) / BITS_PER_KEY);
    this.#room -= 1;
    probe(this.#layers.at(-1) as Uint32Array, keyDigest, true);
  }

  stop(): void {
    this.#stopped = true;
  }

  #grow(keys: number): void {
    const bits = 2 ** Math.ceil(Math.log2(keys * BITS_PER_KEY));
    this.#layers.push(new Uint32Array(bits / 32));
    this.#room = bits / BITS_PER_KEY;
  }

  /** Some keys now, the rest between other work. A table that cannot be read stays the one that is asked. */
  #readOn(): void {
    if (this.#stopped || this.#readUpTo === null) return;
    let read: { keys: string | null; last: Uint8Array | ArrayBuffer };
    try {
      read = this.#next.get([this.#readUpTo]) as typeof read;
    } catch {
      return;
    }
    const keys = read.keys ?? '';
    for (let at = 0; at < keys.length; at += DIGITS) this.add(keys.slice(at, at + DIGITS));
    this.#readUpTo = keys.length < KEYS_PER_READ * DIGITS ? null : Buffer.from(read.last as ArrayBuffer);
    if (this.#readUpTo !== null) setImmediate(() => this.#readOn());
  }
}

/** Whether every bit of the key is set; sets them when told to. */
function probe(bits: Uint32Array, keyDigest: string, set: boolean): boolean {
  const first = Number.parseInt(keyDigest.slice(0, 8), 16);
  const step = Number.parseInt(keyDigest.slice(8, DIGITS), 16) | 1;
  const mask = bits.length * 32 - 1;
  for (let turn = 0; turn < PROBES; turn += 1) {
    const bit = (first + Math.imul(turn, step)) & mask;
    const word = bit >>> 5;
    const flag = 1 << (bit & 31);
    if (set) bits[word] = (bits[word] as number) | flag;
    else if (((bits[word] as number) & flag) === 0) return false;
  }
  return true;
}
