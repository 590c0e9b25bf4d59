/** Why a partition is projected no further. */
export interface HaltedPartition {
  readonly partition: number;
  /** The place in the log, in words. */
  readonly place: string;
  readonly finding: string;
}

/** How the projector fares; plain data, so that it can cross a process boundary. */
export interface ProjectorReport {
  readonly connected: boolean;
  /** Why it is not connected, or cannot be active although nobody else is. */
  readonly problem: string | null;
  /** False while the projector of another replica holds the database, or is ahead; then positions are what that one reached. */
  readonly active: boolean;
  /** Position of the last entry applied, by partition; empty before the first connection. */
  readonly positions: readonly number[];
  /** The same of the tables that a rebuild fills; null when there is none. */
  readonly rebuilding: readonly number[] | null;
  readonly halted: readonly HaltedPartition[];
  /** Entries applied since the start. */
  readonly applied: number;
}

export const NOT_CONNECTED: ProjectorReport = {
  connected: false,
  problem: null,
  active: false,
  positions: [],
  rebuilding: null,
  halted: [],
  applied: 0,
};
