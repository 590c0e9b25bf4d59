import { createHash } from 'node:crypto';
import type { Clock, Random } from './ports.js';

/** What an id names; the prefix makes an id readable in a log line and keeps kinds from being mixed up. */
export type IdKind = 'exe' | 'ses' | 'bct' | 'rfs' | 'dec' | 'rpl' | 'evt' | 'nod' | 'cnt';

/** Number of placement slots; a slot is 16 bits of every routable id (partition = slot mod partition count). */
export const SLOT_COUNT = 0x1_0000;

const HEX = /^[0-9a-f]{32}$/;

/**
 * Makes time-ordered ids `<kind>_<12 hex ms><3 hex counter><13 hex random><4 hex slot>`.
 * The time comes first, so that indexes grow at their right edge; the slot comes last, so that every id routes itself.
 */
export class IdSource {
  #lastMs = 0;
  #counter = 0;

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    /** Where ids go that need not go anywhere; null for anywhere at all. */
    private readonly freeSlot: () => number | null = () => null,
  ) {}

  /** A new id in `slot`, or where there is room for it when none is given. */
  next(kind: IdKind, slot = this.freeSlot()): string {
    const head = this.#orderedHead();
    const noise = Buffer.from(this.random.bytes(9)).toString('hex');
    const tail = slot === null ? noise.slice(13, 17) : slotHex(slot);
    return `${kind}_${head}${noise.slice(0, 13)}${tail}`;
  }

  /** A UUID version 7 (RFC 9562), as intent and correlation ids are. */
  nextUuid(): string {
    const head = this.#orderedHead();
    const noise = Buffer.from(this.random.bytes(8));
    noise[0] = ((noise[0] as number) & 0x3f) | 0x80;
    const tail = noise.toString('hex');
    return `${head.slice(0, 8)}-${head.slice(8, 12)}-7${head.slice(12, 15)}-${tail.slice(0, 4)}-${tail.slice(4, 16)}`;
  }

  #orderedHead(): string {
    const nowMs = Math.max(this.clock.nowMs(), this.#lastMs);
    if (nowMs === this.#lastMs) this.#counter += 1;
    else this.#counter = 0;
    this.#lastMs = nowMs;
    if (this.#counter > 0xfff) {
      this.#lastMs += 1;
      this.#counter = 0;
    }
    return this.#lastMs.toString(16).padStart(12, '0') + this.#counter.toString(16).padStart(3, '0');
  }
}

const slotHex = (slot: number): string => slot.toString(16).padStart(4, '0');

/** The slot an id was placed in, or undefined when the text is no id of ours. */
export function slotOfId(id: string): number | undefined {
  const separator = id.indexOf('_');
  const hex = id.slice(separator + 1);
  return separator === 3 && HEX.test(hex) ? Number.parseInt(hex.slice(28), 16) : undefined;
}

/** True when `id` has the form of an id of this kind. */
export const isIdOf = (kind: IdKind, id: string): boolean => id.startsWith(`${kind}_`) && slotOfId(id) !== undefined;

/** The slot that every holder of the same key agrees on: the first 16 bits of SHA-256 over the parts. */
export function slotOfKey(...parts: readonly string[]): number {
  return createHash('sha256').update(JSON.stringify(parts)).digest().readUInt16BE(0);
}
