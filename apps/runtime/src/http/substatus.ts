import { type ExecutionState, openWaits } from '@intendant/execution';
import type { Substatus } from '@intendant/intent-model';

/** What the status alone does not tell. `recovering`: a call that an earlier process may have made is made again. */
export function substatusOf(state: ExecutionState, recovering: boolean): Substatus {
  const steps = state.steps.deciding();
  const atWork = steps.some((step) => step.status === 'started' || step.undo?.status === 'started');
  switch (state.status) {
    case 'paused':
      return atWork ? 'draining' : null;
    case 'running':
    case 'waiting':
    case 'compensating':
      break;
    default:
      return null;
  }
  if (recovering) return 'recovering';
  if (state.approval === 'awaited') return 'waiting_approval';
  if (openWaits(state).some((wait) => wait.approval)) return 'waiting_approval';
  const retrying = steps.some((step) => step.status === 'awaiting_retry' || step.undo?.status === 'awaiting_retry');
  return retrying ? 'retrying' : null;
}
