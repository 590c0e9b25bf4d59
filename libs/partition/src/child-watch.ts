import {
  type ChildSettledCommand,
  type ChildStuckCommand,
  type ExecutionCommand,
  type ExecutionState,
  isSettled,
  type OpenChild,
  waitsForChildrenOnly,
} from '@intendant/execution';
import type { Clock, Scheduler } from '@intendant/kernel';
import { AppendTooLarge } from '@intendant/wal';
import { childEnd, childNews } from './child-end.js';
import type { LiveExecution } from './live-execution.js';
import { tooLarge } from './outcome-command.js';
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
  /** Children that are being asked for, whoever asked: one that is may still come into being. */
  readonly #asked = new Map<string, Promise<unknown>>();

  constructor(
    private readonly ports: Ports,
    private readonly parents: Parents,
  ) {}

  /** Starts a child, or finds it; asks again when nobody could say. That it ended later, the supervisor tells the parent. */
  ensure(live: LiveExecution, childId: string, child: OpenChild): void {
    if (this.ports.children === undefined) return;
    if (live.ensuring.has(childId)) {
      // it may be stuck since before anything depended on that
      if (waitsForChildrenOnly(live.state)) this.#look(live.state.executionId, childId);
      return;
    }
    live.ensuring.add(childId);
    this.#settle(live, childId, child).catch((error: Error) => {
      live.ensuring.delete(childId);
      if (isSettled(live.state.status)) return;
      live.unstarted.add(childId);
      this.ports.events.broken(live.state.executionId, error);
      this.ports.scheduler.after(CHILD_RETRY_MS, () => this.parents.again(live));
    });
  }

  async #settle(live: LiveExecution, childId: string, child: OpenChild): Promise<void> {
    const { executionId, unwinding } = live.state;
    if (unwinding !== null) return this.#withdraw(executionId, childId);
    const outcome = await this.#ask(live.state, childId, child);
    live.unstarted.delete(childId);
    const nowMs = this.ports.clock.nowMs();
    if (outcome?.kind === 'rejected')
      return this.parents.command(executionId, childEnd(childId, 'rejected', outcome.error, null, nowMs));
    await this.#hear(executionId, childId);
  }

  async #ask(parent: ExecutionState, childId: string, child: OpenChild) {
    const asked = this.ports.children?.ensure(parent, childId, child);
    if (asked !== undefined) this.#asked.set(childId, asked);
    try {
      return await asked;
    } finally {
      this.#asked.delete(childId);
    }
  }

  /** A parent that has turned round begins nothing: a child that does not exist by then never will, and the parent's log says so. */
  async #withdraw(parentId: string, childId: string): Promise<void> {
    await this.#asked.get(childId)?.catch(() => undefined);
    if ((await this.parents.read(childId)) !== undefined) return this.#hear(parentId, childId);
    await this.parents.command(parentId, childEnd(childId, 'cancelled', null, null, this.ports.clock.nowMs()));
  }

  /** Tells the parent, if there is one, that this execution has ended or is stuck. */
  tellParentOf(child: ExecutionState): void {
    const parentId = child.intent?.metadata['parentExecutionId'];
    const news = childNews(child, this.ports.clock.nowMs());
    if (typeof parentId !== 'string' || news === null) return;
    this.#tell(parentId, news).catch((error: Error) => this.ports.events.broken(parentId, error));
  }

  #look(parentId: string, childId: string): void {
    this.#hear(parentId, childId).catch((error: Error) => this.ports.events.broken(parentId, error));
  }

  async #hear(parentId: string, childId: string): Promise<void> {
    const child = await this.parents.read(childId);
    const news = child === undefined ? null : childNews(child, this.ports.clock.nowMs());
    if (news !== null) await this.#tell(parentId, news);
  }

  /** A result that the parent's log cannot take would come again for ever: the child has failed for its parent then. */
  async #tell(parentId: string, news: ChildSettledCommand | ChildStuckCommand): Promise<void> {
    try {
      await this.parents.command(parentId, news);
    } catch (error) {
      if (!(error instanceof AppendTooLarge) || news.kind !== 'child_settled') throw error;
      const { childId, nowMs } = news;
      await this.parents.command(parentId, childEnd(childId, 'failed', tooLarge(error.message), null, nowMs));
    }
  }
}
