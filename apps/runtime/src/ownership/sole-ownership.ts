import type { Replica } from '@intendant/intent-model';
import type { Ownership } from './ownership.js';

/** Of a process that has its log to itself: every partition is its own from the start to the end. */
export class SoleOwnership implements Ownership {
  readonly clockOffsetMs = null;
  readonly #lost = new Set<number>();

  constructor(private readonly self: Replica) {}

  start(): void {}

  ownerOf(): Replica {
    return this.self;
  }

  mine(partition: number): boolean {
    return !this.#lost.has(partition);
  }

  /** For good: there is nobody to be named by again. */
  lost(partition: number): void {
    this.#lost.add(partition);
  }

  othersReady(): boolean {
    return false;
  }

  unready(): null {
    return null;
  }

  async drain(): Promise<void> {}

  stop(): void {}
}
