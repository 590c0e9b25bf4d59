import { performance } from 'node:perf_hooks';
import type { IndexedWal, Lease } from '@intendant/wal';
import { executionIn, LogBook } from '@intendant/wal/testing';

/** Appends one entry after the other, whatever happens to the servers, and acquires again when it is told to. */
export class SteadyWriter {
  /** Hash in hex, and the position that was told. */
  readonly acknowledged = new Map<string, number>();
  /** Names of what appends were rejected with. */
  readonly rejections: string[] = [];
  acquisitions = 0;
  /** The longest time between two acknowledgements, in milliseconds; rejections and acquisitions fall into it. */
  longestPauseMs = 0;
  #stopped = false;
  #streams = 0;
  #lastAt = performance.now();
  readonly #writing: Promise<void>;

  constructor(
    private readonly wal: IndexedWal,
    private readonly partition: number,
  ) {
    this.#writing = this.#write();
  }

  /** Lets the append under way end. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#writing;
  }

  async #write(): Promise<void> {
    while (!this.#stopped) {
      const lease = await this.wal.acquire(this.partition).catch(() => null);
      if (lease === null) await new Promise((resolve) => void setTimeout(resolve, 50));
      else await this.#reign(lease);
    }
  }

  /** Until an append is rejected. Each reign has a stream of its own: nobody knows where the earlier one ends. */
  async #reign(lease: Lease): Promise<void> {
    this.acquisitions += 1;
    this.#streams += 1;
    const [book, streamId] = [new LogBook(), executionIn(this.partition, this.#streams)];
    while (!this.#stopped) {
      const entry = book.next(streamId);
      try {
        const [position] = await this.wal.append(lease, [entry]);
        this.acknowledged.set(entry.hash.toString('hex'), position as number);
      } catch (error) {
        this.rejections.push((error as Error).name);
        return;
      }
      this.longestPauseMs = Math.max(this.longestPauseMs, performance.now() - this.#lastAt);
      this.#lastAt = performance.now();
    }
  }
}
