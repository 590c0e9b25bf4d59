import type { LiveExecution } from './live-execution.js';

/** Executions that may be live at once; beyond it new intents are refused, not queued. */
const LIVE_MAX_DEFAULT = 20_000;

/**
 * Executions in memory that have not settled, and how many of them are whose. The bounds are for new intents. What follows
 * from those that were accepted enters whatever they say (a child, a timer that fired, recovery), or nothing would settle;
 * what a tenant has beyond its share takes no place of others.
 */
export class LiveExecutions {
  readonly #byId = new Map<string, LiveExecution>();
  readonly #ofTenants = new Map<string, number>();
  /** All of them, but of each tenant no more than its share. */
  #withinShares = 0;
  readonly #tenantMax: number;

  constructor(
    private readonly max = LIVE_MAX_DEFAULT,
    tenantMax = Math.ceil(max / 2),
  ) {
    this.#tenantMax = Math.min(tenantMax, max);
  }

  get size(): number {
    return this.#byId.size;
  }

  /** How many the tenant has that has most. */
  get mostOfOneTenant(): number {
    let most = 0;
    for (const count of this.#ofTenants.values()) if (count > most) most = count;
    return most;
  }

  get(executionId: string): LiveExecution | undefined {
    return this.#byId.get(executionId);
  }

  has(executionId: string): boolean {
    return this.#byId.has(executionId);
  }

  values(): MapIterator<LiveExecution> {
    return this.#byId.values();
  }

  /** Why a new intent of a tenant is not taken, or null. */
  refusalFor(tenantId: string): LiveRefusal | null {
    if (this.#withinShares >= this.max) return { kind: 'overloaded', tenantMax: null };
    if (this.#of(tenantId) >= this.#tenantMax) return { kind: 'overloaded', tenantMax: this.#tenantMax };
    return null;
  }

  enter(live: LiveExecution): void {
    const { executionId } = live.state;
    if (!this.#byId.has(executionId)) {
      const count = this.#of(live.tenantId) + 1;
      this.#ofTenants.set(live.tenantId, count);
      if (count <= this.#tenantMax) this.#withinShares += 1;
    }
    this.#byId.set(executionId, live);
  }

  /** False when it is not there, or another one of its id is: read from the log again since. */
  leave(live: LiveExecution): boolean {
    const { executionId } = live.state;
    if (this.#byId.get(executionId) !== live) return false;
    this.#byId.delete(executionId);
    const count = this.#of(live.tenantId) - 1;
    if (count < this.#tenantMax) this.#withinShares -= 1;
    if (count === 0) this.#ofTenants.delete(live.tenantId);
    else this.#ofTenants.set(live.tenantId, count);
    return true;
  }

  #of(tenantId: string): number {
    return this.#ofTenants.get(tenantId) ?? 0;
  }
}

/** `tenantMax` is the share of the tenant, when it is that which is used up. */
export interface LiveRefusal {
  readonly kind: 'overloaded';
  readonly tenantMax: number | null;
}
