/** How soon a process that died is started again. */
export interface RestartPolicy {
  firstDelayMs: number;
  longestDelayMs: number;
  /** A process that stayed ready this long has recovered: its next death counts as the first. */
  healthyAfterMs: number;
}

export const usualRestartPolicy: RestartPolicy = { firstDelayMs: 500, longestDelayMs: 10_000, healthyAfterMs: 30_000 };

/** The pause before the next start, after `deaths` in a row (at least one). */
export function restartDelayMs(policy: RestartPolicy, deaths: number): number {
  return Math.min(policy.firstDelayMs * 2 ** (deaths - 1), policy.longestDelayMs);
}
