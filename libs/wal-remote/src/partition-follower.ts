import { type FrameLog, LogCorrupt, type PlacedFrame, type StopFollowing } from '@intendant/wal';
import { assertHolds, haltFor, lastHeld } from './held-frame.js';
import type { PartitionCopy } from './partition-copy.js';

export interface FollowerPorts {
  readonly log: FrameLog;
  readonly copy: PartitionCopy;
  /** Waits before the log is asked again; rejects when it is not worth asking any longer. A new count each time. */
  readonly pauses: () => (attempt: number) => Promise<void>;
  /** Tries again later what failed for no fault of the log. */
  readonly later: (again: () => void) => void;
}

/**
 * Follows a partition that others hold. Behind an interruption there may be a server that lost the end of the log, or has
 * another one by now: it is held against the copy before anything more is taken.
 */
export class PartitionFollower {
  #stop: StopFollowing | null = null;
  #trouble: Error | null = null;
  #ended = false;

  constructor(private readonly ports: FollowerPorts) {
    this.#begin();
  }

  /** Why it does not follow at the moment, or null. */
  get trouble(): Error | null {
    return this.#ended ? null : this.#trouble;
  }

  /** Resolves when nothing more will be taken. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.#stop?.();
  }

  #begin(): void {
    const { log, copy } = this.ports;
    this.#stop = log.follow(copy.partition, copy.cursor, {
      onFrames: (frames) => this.#take(frames),
      onTrouble: (error) => {
        if (this.#ended) return;
        if (error === null) void this.#resume();
        else if (error instanceof LogCorrupt) void this.#halt(error);
        else this.#trouble = error;
      },
    });
  }

  #take(frames: readonly PlacedFrame[]): void {
    const { copy } = this.ports;
    if (this.#ended || this.#trouble !== null || copy.halted !== null) return;
    try {
      copy.take(frames);
    } catch (error) {
      void this.end();
      if (!(error instanceof LogCorrupt)) copy.halt(`the copy cannot be written: ${(error as Error).message}`);
    }
  }

  async #resume(): Promise<void> {
    const { log, copy, pauses, later } = this.ports;
    await this.#stop?.();
    if (this.#ended) return;
    try {
      await assertHolds(log, copy, lastHeld(copy), pauses());
    } catch (error) {
      if (error instanceof LogCorrupt) await this.#halt(error);
      else {
        // the connection is back, and this is what is wrong now
        this.#trouble = error as Error;
        later(() => void this.#resume());
      }
      return;
    }
    if (this.#ended) return;
    this.#trouble = null;
    this.#begin();
  }

  async #halt(found: LogCorrupt): Promise<void> {
    // from here on nothing is taken
    this.#trouble = found;
    await haltFor(this.ports.log, this.ports.copy, found);
    await this.end();
  }
}
