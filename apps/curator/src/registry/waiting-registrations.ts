import type { Clock } from '@intendant/kernel';

interface Waiting {
  readonly detail: string;
  readonly askedAtMs: number;
}

/** Instances whose plans name an intent that nobody answers. They ask again and again; who stopped asking waits no more. */
export class WaitingRegistrations {
  readonly #waiting = new Map<string, Waiting>();

  constructor(
    private readonly clock: Clock,
    private readonly askAgainWithinMs: number,
  ) {}

  /** True when it did not wait for this before: worth saying once. */
  add(instanceId: string, detail: string): boolean {
    const before = this.#current().get(instanceId);
    this.#waiting.set(instanceId, { detail, askedAtMs: this.clock.nowMs() });
    return before?.detail !== detail;
  }

  remove(instanceId: string): void {
    this.#waiting.delete(instanceId);
  }

  /** By instance: what it waits for. */
  list(): ReadonlyMap<string, string> {
    return new Map([...this.#current()].map(([instanceId, { detail }]) => [instanceId, detail]));
  }

  #current(): ReadonlyMap<string, Waiting> {
    const earliest = this.clock.nowMs() - this.askAgainWithinMs;
    for (const [instanceId, { askedAtMs }] of this.#waiting) if (askedAtMs < earliest) this.#waiting.delete(instanceId);
    return this.#waiting;
  }
}
