import {
  type ExecutionCommand,
  type ExecutionState,
  isSettled,
  isTerminal,
  type OpenChild,
} from '@intendant/execution';
import type { Clock, Scheduler } from '@intendant/kernel';
import { childEnd, childOutcome } from './child-end.js';
import type { LiveExecution } from './live-execution.js';
import type { ChildExecutions, SupervisorEvents } from './ports.js';

/** How soon a child that could not be started is tried again. */
const CHILD_RETRY_MS = 1_000;

interface Ports {
  readonly children?: ChildExecutions;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly events: SupervisorEvents;
}

interface Parents {
  readonly command: (executionId: string, command: ExecutionCommand) => Promise<void>;
  readonly read: (executionId: string) => Promise<ExecutionState | undefined>;
  readonly again: (live: LiveExecution) => void;
}

/** Makes sure of the children that a saga as code asked for. */
export class ChildWatch {
  constructor(
    private readonly ports: Ports,
    private readonly parents: Parents,
  ) {}

  /** Starts a child, or finds it; asks again when nobody could say. That it ended later, the supervisor tells the parent. */
  ensure(live: LiveExecution, childId: string, child: OpenChild): void {
    if (this.ports.children === undefined || live.ensuring.has(childId)) return;
    live.ensuring.add(childId);
    this.#settle(live, childId, child).catch((error: Error) => {
      live.ensuring.delete(childId);
      if (isSettled(live.state.status)) return;
      this.ports.events.broken(live.state.executionId, error);
      this.ports.scheduler.after(CHILD_RETRY_MS, () => this.parents.again(live));
    });
  }

  async #settle(live: LiveExecution, childId: string, child: OpenChild): Promise<void> {
    const { executionId } = live.state;
    const outcome = await this.ports.children?.ensure(live.state, childId, child);
    const nowMs = this.ports.clock.nowMs();
    if (outcome?.kind === 'rejected')
      return this.parents.command(executionId, childEnd(childId, 'rejected', outcome.error, null, nowMs));
    const state = await this.parents.read(childId);
    if (state !== undefined && isTerminal(state.status))
      await this.parents.command(executionId, childOutcome(state, nowMs));
  }
}
