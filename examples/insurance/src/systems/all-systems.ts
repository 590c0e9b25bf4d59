import { join } from 'node:path';
import { TenantSystems } from './tenant-systems.js';

/** The systems of every tenant, opened on first use: a directory each, and no way from one to another. */
export class AllSystems {
  readonly #open = new Map<string, TenantSystems>();

  constructor(private readonly directory: string) {}

  of(tenantId: string): TenantSystems {
    const known = this.#open.get(tenantId);
    if (known !== undefined) return known;
    const opened = new TenantSystems(join(this.directory, tenantId));
    this.#open.set(tenantId, opened);
    return opened;
  }

  close(): void {
    for (const systems of this.#open.values()) systems.close();
    this.#open.clear();
  }
}
