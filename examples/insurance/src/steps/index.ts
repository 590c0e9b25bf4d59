import { evaluateRouting, revertRouting } from './evaluate-routing.js';
import { executeWave } from './execute-wave.js';
import { extractPolicyData } from './extract-policy-data.js';
import { generateAuditReport } from './generate-audit-report.js';
import { deleteIngestedData, ingestLegacyData } from './ingest-legacy-data.js';
import { loadLegacyPolicies } from './load-legacy-policies.js';
import { locatePolicies } from './locate-policies.js';
import { mapToCanonical, revertCanonicalMapping } from './map-to-canonical.js';
import { reconcileSystems } from './reconcile-systems.js';
import { rollbackWave } from './rollback-wave.js';
import type { Step } from './step.js';
import { deleteCanonicalPolicy, storeCanonicalPolicy } from './store-canonical-policy.js';
import { revertVerdict, validateDataQuality } from './validate-data-quality.js';
import { revertValidation, validateMigration } from './validate-migration.js';
import { validateSchema } from './validate-schema.js';

/** What runs for an intent. */
export const STEPS: ReadonlyMap<string, Step> = new Map<string, Step>([
  ['insurance.ingest_legacy_data', ingestLegacyData],
  ['insurance.delete_ingested_data', deleteIngestedData],
  ['insurance.map_to_canonical', mapToCanonical],
  ['insurance.revert_canonical_mapping', revertCanonicalMapping],
  ['insurance.evaluate_routing', evaluateRouting],
  ['insurance.revert_routing', revertRouting],
  ['insurance.execute_wave', executeWave],
  ['insurance.rollback_wave', rollbackWave],
  ['insurance.validate_migration', validateMigration],
  ['insurance.revert_validation', revertValidation],
  ['insurance.extract_policy_data', extractPolicyData],
  ['insurance.validate_schema', validateSchema],
  ['insurance.store_canonical_policy', storeCanonicalPolicy],
  ['insurance.delete_canonical_policy', deleteCanonicalPolicy],
  ['insurance.validate_data_quality', validateDataQuality],
  ['insurance.revert_quality_validation', revertVerdict],
  ['insurance.reconcile_systems', reconcileSystems],
  ['insurance.revert_reconciliation', revertVerdict],
  ['insurance.generate_audit_report', generateAuditReport],
  ['insurance.delete_audit_report', revertVerdict],
  ['insurance.load_legacy_policies', loadLegacyPolicies],
  ['insurance.locate_policies', locatePolicies],
]);
