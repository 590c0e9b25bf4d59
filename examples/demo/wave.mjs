import { jsonLines, legacyPolicies } from '../data/insurance/make-policies.mjs';
import { InsuranceSystems, isOurs, TENANT } from './insurance-systems.mjs';

/** As many of each route: together one batch, so that its steps follow each other in the same order at every run. */
const PER_ROUTE = 25;
const SIZE = 4 * PER_ROUTE;

/** Where the rules of the service send a row. */
function routeOf({ policy_id, payment_plan, holder_name, effective_date }) {
  if ('ABC'.includes(policy_id[0])) return 'NewPlatformAPI';
  if (payment_plan === 'legacy-only') return 'LegacyBatch';
  return holder_name === null || effective_date === '2019-13-45' ? 'DataQualityQueue' : 'CoexistenceBridge';
}

/** Generated policies for one wave, under ids that no wave before it has used. */
function generatedRows(generation) {
  const counts = new Map();
  const rows = legacyPolicies({ count: 1_000 }).filter((row) => {
    const count = (counts.get(routeOf(row)) ?? 0) + 1;
    counts.set(routeOf(row), count);
    return count <= PER_ROUTE;
  });
  return rows.map((row) => ({ ...row, policy_id: `${row.policy_id}-DEMO-${generation}` }));
}

/** A wave would take policies that are somebody's: a demonstration leaves those where they are. */
export class OthersPolicies extends Error {
  /** @param {string} policyId */
  constructor(policyId) {
    super(`${policyId} and maybe others are free to join a wave and not the demo's: use another INTENDANT_DATA_DIR`);
  }
}

/** The insurer's wave migration, ready to be submitted. */
export async function prepareWave({ dataDir, actAs, printer, expectations, patientMs }) {
  const lead = await actAs(TENANT, 'lead', ['migration_lead'], patientMs);
  const auditor = await actAs(TENANT, 'auditor', ['auditor'], patientMs);
  const { sessionId } = await lead.openSession({ channel: 'demo' });
  // only now that the cluster has answered: opening the systems would make them
  const systems = new InsuranceSystems(dataDir);
  systems.repair();
  const others = systems.freePolicies().find((policyId) => !isOurs(policyId));
  if (others !== undefined) {
    systems.close();
    throw new OthersPolicies(others);
  }
  if (systems.freePolicies().length < SIZE) await load(lead, sessionId, generatedRows(systems.inspect().policyCount));
  const free = systems.freePolicies();
  printer.entry('data', `${Math.min(free.length, SIZE)} policies of the legacy system are free to join the wave`);
  expectations.expect(free.length >= SIZE, `${SIZE} policies are free`);
  const payload = { waveNumber: 1, size: SIZE };
  return { lead, auditor, systems, intent: { intentType: 'insurance.migrate_wave', sessionId, payload } };
}

/** Brings rows into the legacy system through the front door. */
async function load(lead, sessionId, rows) {
  const { ref } = await lead.stageContent(Buffer.from(jsonLines(rows)));
  const intentType = 'insurance.load_legacy_policies';
  const { execution } = await lead.submit({ intentType, sessionId, payload: { contentRef: ref } }, { waitS: 30 });
  if (execution.status !== 'completed') throw new Error(`The policies were not loaded: ${execution.error?.message}`);
}
