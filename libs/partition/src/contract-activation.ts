import type { ExecutionState } from '@intendant/execution';
import type { Attribution, RecordDraft } from '@intendant/wal';
import type { LogWriter } from './log-writer.js';

/**
 * The boundary contract's own record, when this outcome completes an intent that was allowed to activate it. It comes
 * first: after a crash in between, the outcome is recorded again and finds the contract active.
 */
export async function activateContract(
  log: LogWriter,
  state: ExecutionState,
  drafts: readonly RecordDraft[],
): Promise<void> {
  const obligation = state.decision?.obligations?.boundaryContract;
  if (obligation?.action !== 'activate' || !drafts.some((draft) => draft.type === 'execution.completed')) return;
  const { contract } = obligation;
  const intentId = state.intent?.intentId ?? '';
  const history = (await log.readStream(contract.contractId)).flatMap((entry) => entry.records);
  if (history.some((record) => record.type === 'contract.activated' && record.data.intentId === intentId)) return;
  await log.append(contract.contractId, state.attribution as Attribution, (head) => {
    const data = { contract: { ...contract, revision: head.nextSeq }, intentId };
    return [{ type: 'contract.activated', actor: 'runtime', cause: null, data }];
  });
}
