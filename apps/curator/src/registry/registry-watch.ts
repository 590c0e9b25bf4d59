import type { RegistrySnapshot } from '@intendant/intent-model';
import type { Scheduler } from '@intendant/kernel';
import { filter, interval, map, merge, type Observable, startWith } from 'rxjs';
import { LEASE_MS, type Registry } from './registry.js';

/** The longest silence of a watch, so that its reader can tell a quiet registry from a dead connection. */
const HEARTBEAT_MS = 5_000;

/**
 * After a start, how long a watcher that still has a snapshot is left with it: the instances are alive, but each first
 * has to notice that this process does not know its lease. As long as any of them might have been silent before.
 */
export const SETTLING_MS = LEASE_MS;

/** Snapshots for the Runtime: at once, at every change, and every five seconds; after a start see {@link SETTLING_MS}. */
export class RegistryWatch {
  #settling = true;
  readonly #settled: () => void;

  constructor(
    private readonly registry: Registry,
    scheduler: Scheduler,
  ) {
    this.#settled = scheduler.after(SETTLING_MS, () => {
      this.#settling = false;
      this.registry.changes.next(this.registry.snapshot);
    });
  }

  /** `hasSnapshot`: the watcher would rather keep the snapshot it has than see all instances go and come back. */
  snapshots(hasSnapshot: boolean): Observable<RegistrySnapshot> {
    return merge(this.registry.changes, interval(HEARTBEAT_MS)).pipe(
      startWith(undefined),
      filter(() => !(hasSnapshot && this.#settling)),
      map(() => this.registry.snapshot),
    );
  }

  close(): void {
    this.#settled();
  }
}
