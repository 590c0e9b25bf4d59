import type { BoundaryContract } from '@intendant/intent-model';
import { isIdOf } from '@intendant/kernel';
import type { LogWriter } from '@intendant/partition';

/** A boundary contract as the fold of its stream; null when there is none in this tenant. */
export async function findBoundaryContract(
  log: LogWriter,
  tenantId: string,
  contractId: string,
): Promise<BoundaryContract | null> {
  if (!isIdOf('bct', contractId)) return null;
  let contract: BoundaryContract | null = null;
  for (const entry of await log.readStream(contractId))
    for (const record of entry.records)
      if (record.type === 'contract.proposed' || record.type === 'contract.activated')
        contract = { ...record.data.contract, revision: record.seq };
  return contract?.tenantId === tenantId ? contract : null;
}
