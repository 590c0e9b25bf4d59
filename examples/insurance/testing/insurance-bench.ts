import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SAMPLE_IDS } from '@intendant/wal/testing';
import { PlanRun } from '../../testing/plan-run.js';
import { LEGACY_COLUMNS, type LegacyPolicy } from '../src/domain/legacy-policy.js';
import { type Inspection } from '../src/inspection.js';
import { type OpenInsurance, openInsurance } from '../src/open-insurance.js';
import type { TenantSystems } from '../src/systems/tenant-systems.js';

const { tenantId } = SAMPLE_IDS;

/** The service over a directory of its own, without processes: its sagas run as fast as the disk lets them. */
export class InsuranceBench {
  readonly #directory = mkdtempSync(join(tmpdir(), 'insurance-'));
  #open: OpenInsurance;
  #sagas = 0;

  constructor(rows: readonly LegacyPolicy[]) {
    this.#open = openInsurance(this.#directory);
    this.systems.transaction(() => {
      for (const row of rows) insertLegacy(this.systems, row);
    });
  }

  /** As a world takes it. */
  get service(): OpenInsurance {
    return this.#open;
  }

  get systems(): TenantSystems {
    return this.#open.systemsOf(tenantId);
  }

  inspect(): Inspection {
    return this.#open.inspect(tenantId);
  }

  saga(intentType: string, payload: Parameters<PlanRun['accept']>[1]): PlanRun {
    this.#sagas += 1;
    const executionId = `exe_${this.#sagas.toString(16).padStart(32, '0')}`;
    return new PlanRun(this.#open, executionId).accept(intentType, payload);
  }

  /** As after a restart of the service: a new connection, nothing left in memory. */
  restart(): void {
    this.#open.close();
    this.#open = openInsurance(this.#directory);
  }

  close(): void {
    this.#open.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

const VALUES = LEGACY_COLUMNS.map(() => '?').join(', ');

export function insertLegacy(systems: TenantSystems, row: LegacyPolicy): void {
  systems.run(
    `INSERT INTO legacy.policies (${LEGACY_COLUMNS.join(', ')}) VALUES (${VALUES})`,
    ...LEGACY_COLUMNS.map((column) => row[column]),
  );
}
