import type { ExecutionState } from '@intendant/execution';
import type { Scheduler } from '@intendant/kernel';

type Waiter = (state: ExecutionState | undefined) => void;

/** Who waits for an execution to settle. */
export class Waiters {
  readonly #waiters = new Map<string, Set<Waiter>>();

  constructor(private readonly scheduler: Scheduler) {}

  has(executionId: string): boolean {
    return this.#waiters.has(executionId);
  }

  /** Resolves with the settled state, or with undefined when `timeoutMs` is over first. */
  wait(executionId: string, timeoutMs: number): Promise<ExecutionState | undefined> {
    return new Promise((resolve) => {
      const waiters = this.#waiters.get(executionId) ?? new Set();
      this.#waiters.set(executionId, waiters);
      const done: Waiter = (state) => {
        cancel();
        waiters.delete(done);
        if (waiters.size === 0) this.#waiters.delete(executionId);
        resolve(state);
      };
      const cancel = this.scheduler.after(timeoutMs, () => done(undefined));
      waiters.add(done);
    });
  }

  settle(state: ExecutionState): void {
    const waiters = this.#waiters.get(state.executionId);
    if (waiters !== undefined) for (const waiter of waiters) waiter(state);
  }

  /** Ends every wait for the executions that this says, as if its time were over. */
  release(which: (executionId: string) => boolean = () => true): void {
    for (const [executionId, waiters] of Array.from(this.#waiters))
      if (which(executionId)) for (const waiter of Array.from(waiters)) waiter(undefined);
  }
}
