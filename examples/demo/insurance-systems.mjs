import { join } from 'node:path';
import { openInsurance } from '../insurance/dist/index.js';

export const TENANT = 't_atlantic_life';

/** Policies of demonstrations; nobody else's are ever changed here. */
const OURS = "policy_id GLOB '*-DEMO-*'";
/** @param {string} policyId */
export const isOurs = (policyId) => policyId.includes('-DEMO-');
const INSURABLE_CENTS = 100_000_000;

const FREE = `SELECT policy_id FROM legacy.policies AS p WHERE owned = 1
  AND NOT EXISTS (SELECT 1 FROM members AS m WHERE m.policy_id = p.policy_id AND m.in_wave = 1) ORDER BY policy_id`;

/** The insurer's systems as their database administrator sees them: beside the service, on the machine they are on. */
export class InsuranceSystems {
  #files;

  /** @param {string} dataDir of the cluster */
  constructor(dataDir) {
    this.#files = openInsurance(join(dataDir, 'insurance'));
  }

  inspect() {
    return this.#files.inspect(TENANT);
  }

  /** @returns {readonly string[]} policies that the next wave may take, in its order */
  freePolicies() {
    return this.#all(FREE).map(({ policy_id }) => policy_id);
  }

  /** Where the policies of a wave are. */
  placesOf(waveId) {
    const sql = `SELECT location || ', ' || migration_status AS place, count(*) AS policies FROM tracked_policies
      WHERE wave_id = ? GROUP BY place ORDER BY place`;
    return this.#all(sql, waveId);
  }

  /** Raises one policy above what the new system insures. */
  raiseCoverage(policyId) {
    this.#run(`UPDATE legacy.policies SET coverage_limit_cents = 2000000000 WHERE ${OURS} AND policy_id = ?`, policyId);
  }

  /** From now on another program changes what is written into the new system. */
  letSomebodyMeddle() {
    this.#run(`CREATE TRIGGER IF NOT EXISTS target.demo_meddles AFTER INSERT ON policies BEGIN
      UPDATE policies SET document_digest = 'meddled with' WHERE policy_id = NEW.policy_id; END`);
  }

  /** Takes back what a demonstration, also one that was broken off, has spoiled. */
  repair() {
    this.#run('DROP TRIGGER IF EXISTS target.demo_meddles');
    this.#run(
      `UPDATE legacy.policies SET coverage_limit_cents = ? WHERE ${OURS} AND coverage_limit_cents = 2000000000`,
      INSURABLE_CENTS,
    );
  }

  close() {
    this.#files.close();
  }

  #run(sql, ...values) {
    const systems = this.#files.systemsOf(TENANT);
    systems.transaction(() => systems.run(sql, ...values));
  }

  #all(sql, ...values) {
    const systems = this.#files.systemsOf(TENANT);
    return systems.transaction(() => systems.all(sql, ...values));
  }
}
