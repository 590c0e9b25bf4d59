import type { Wal } from '../wal.js';

/** Partitions of the logs that the suite asks for. */
export const WAL_PARTITIONS = 4;

/** One log, empty at first. */
export interface WalBench {
  /** The log; called again after `close` of what it gave before. */
  open(): Promise<Wal>;
  /** Removes the log. */
  destroy(): Promise<void>;
}

export interface WalSuite {
  /** Makes an empty log of {@link WAL_PARTITIONS} partitions. */
  readonly create: () => Promise<WalBench>;
  /** True for a log that outlives its process. */
  readonly persistent: boolean;
}

/** What a part of the suite works with. */
export interface OpenWal {
  /** The log of the current test. */
  readonly wal: () => Wal;
  /** Closes the log and opens it again. */
  readonly reopen: () => Promise<Wal>;
}
