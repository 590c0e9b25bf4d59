import type { Replica } from '@intendant/intent-model';

/**
 * Which partitions are this process's to write, and whose the others are. All of it is advice: who may append, the epochs in
 * the log say.
 */
export interface Ownership {
  start(): void;
  /** Who should own a partition, as far as is known here; null when nobody is known. */
  ownerOf(partition: number): Replica | null;
  /** Whether this process took the partition and is not giving it up. */
  mine(partition: number): boolean;
  /**
   * Somebody else's claim to the partition was read from the log: it is not this process's any more. `release` is not called
   * for what was held; who calls this has stopped what ran on it. What is being taken is released once it was.
   */
  lost(partition: number): void;
  /** How far this clock is ahead of Curator's, in milliseconds; null when it was not compared. */
  readonly clockOffsetMs: number | null;
  /** Whether another replica is ready, which can be asked for what cannot be had here. */
  othersReady(): boolean;
  /** Why this process should not be sent work, or null. */
  unready(): string | null;
  /** Gives everything up. Resolves when that is done and told, at the latest after `graceMs`. */
  drain(graceMs: number): Promise<void>;
  /** Nothing is renewed, taken or given up any more. */
  stop(): void;
}
