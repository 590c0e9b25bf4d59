/** Wall time in milliseconds since the Unix epoch. Information only: order in the log is `seq`, never time. */
export interface Clock {
  nowMs(): number;
}

/** Source of unpredictable bytes; a seeded one makes a simulation repeatable. */
export interface Random {
  /** `count` fresh bytes, `count` ≤ 32. */
  bytes(count: number): Uint8Array;
}

/** Calls back once after a delay; the returned function cancels. */
export interface Scheduler {
  after(delayMs: number, callback: () => void): () => void;
}
