import { type ExecutionState, isTerminal } from '@intendant/execution';
import type { AwaitedChildView, SagaReply } from '@intendant/intent-model';
import { shownStuckReason } from './shown-status.js';

type Health = SagaReply['health'];

export interface ChildPorts {
  readonly read: (executionId: string) => Promise<ExecutionState | undefined>;
  /** Nurse's word on one execution, whatever its children are. */
  readonly healthOf: (state: ExecutionState) => Health;
}

/** Executions that are looked at for one answer; beyond them children are shown without what is below them. */
const LOOKS_MAX = 200;

const FROM_BEST: readonly Health[] = ['healthy', 'retrying', 'silent', 'needs_attention'];

/** The worst of several: who waits for somebody that needs a person needs one, too. */
export const worstOf = (healths: readonly Health[]): Health =>
  FROM_BEST[Math.max(0, ...healths.map((health) => FROM_BEST.indexOf(health)))] as Health;

/** The children that an execution waits for, each with the health of all that is below it. */
export function awaitedChildren(state: ExecutionState, ports: ChildPorts): Promise<readonly AwaitedChildView[]> {
  let left = LOOKS_MAX;
  const below = async (parent: ExecutionState): Promise<readonly AwaitedChildView[]> => {
    const views: AwaitedChildView[] = [];
    // who has ended waits for nobody, whatever becomes of them
    if (isTerminal(parent.status)) return views;
    for (const [executionId, { operationId, intentType }] of Object.entries(parent.durable?.children ?? {})) {
      left -= 1;
      const child = left < 0 ? undefined : await ports.read(executionId);
      const known = child === undefined || child.status === 'none' ? null : child;
      const children = known === null ? [] : await below(known);
      views.push({
        stepId: operationId,
        executionId,
        intentType,
        status: known === null ? null : (known.status as AwaitedChildView['status']),
        health: known === null ? 'healthy' : worstOf([ports.healthOf(known), ...children.map(({ health }) => health)]),
        stuckReason: known === null ? null : shownStuckReason(known),
      });
    }
    return views;
  };
  return below(state);
}
