import { type CapabilityInput, objectSchema } from '@intendant/participant';
import { executionIdSchema, stepCapability, undoResult } from './contracts.js';

/** What an undo is given; what it takes back it finds by the key of the step. */
const payload = objectSchema({ executionId: executionIdSchema });

const undo = (operation: string, description: string): CapabilityInput =>
  stepCapability(operation, description, 1_800, payload, undoResult);

export const undoCapabilities: readonly CapabilityInput[] = [
  undo('delete_ingested_data', 'Lets ingested policies go again.'),
  undo('revert_canonical_mapping', 'Drops mapped policies.'),
  undo('revert_routing', 'Takes the routes of a wave back.'),
  undo('rollback_wave', 'Brings the policies of a batch back to where they were.'),
  undo('revert_validation', 'Drops a validation; a wave that it closed is open again.'),
  undo('delete_canonical_policy', 'Deletes stored canonical policies.'),
  undo('revert_quality_validation', 'Drops the verdict on data quality.'),
  undo('revert_reconciliation', 'Drops a reconciliation.'),
  undo('delete_audit_report', 'Deletes the entry of an audit report.'),
];
