import { isSettled } from '@intendant/execution';
import { LiveExecution } from './live-execution.js';
import type { LiveExecutions } from './live-executions.js';
import { silentAmong } from './pulse.js';
import type { SupervisorOptions } from './supervisor-options.js';

/** Executions that are read at one look because nobody here knows them. */
const READS_MAX = 100;

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

type Ports = Pick<SupervisorOptions, 'clock' | 'log' | 'store'>;

/**
 * Finds executions that should move and say nothing: those in memory by their state, those that sleep by timers that fired
 * without effect, and those that the store holds for unsettled while nobody in this process knows them.
 */
export class Silence {
  /** Timers that fired and whose command has not been carried out, and since when. */
  readonly #fired = new Map<string, { readonly executionId: string; readonly sinceMs: number }>();

  constructor(
    private readonly ports: Ports,
    private readonly live: Pick<LiveExecutions, 'has' | 'values'>,
    private readonly parked: ReadonlySet<string>,
  ) {}

  /** Carries out what a timer that fired asks for, and remembers the timer until it is done. */
  async during(executionId: string, timerId: string, work: Promise<void>): Promise<void> {
    const name = `${executionId}/${timerId}`;
    this.#fired.set(name, { executionId, sinceMs: this.ports.clock.nowMs() });
    await work;
    this.#fired.delete(name);
  }

  /** What fired went on otherwise, or is another process's by now. */
  forget(which: (executionId: string) => boolean): void {
    for (const [name, { executionId }] of this.#fired) if (which(executionId)) this.#fired.delete(name);
  }

  /** Executions that said nothing for longer than `boundMs` although they should have. */
  async silent(boundMs: number): Promise<readonly string[]> {
    const { clock, log } = this.ports;
    const nowMs = clock.nowMs();
    const found = new Set(silentAmong(this.live.values(), nowMs, boundMs));
    const among = async (ids: readonly string[]): Promise<void> => {
      for (const executionId of silentAmong(await this.#read(ids), nowMs, boundMs)) found.add(executionId);
    };
    const fired = this.#firedBefore(nowMs - boundMs);
    await among(fired);
    this.forget((executionId) => fired.includes(executionId) && !found.has(executionId));
    let left = READS_MAX;
    for (const { partition } of log.held) {
      const unknown = this.#unknownIn(partition).slice(0, left);
      left -= unknown.length;
      await among(unknown);
      // the ids of a partition are many where many sleep
      await turn();
    }
    return [...found];
  }

  /** What came of them after all, the log says. */
  #firedBefore(atMs: number): readonly string[] {
    const before = [...this.#fired.values()].filter(({ sinceMs }) => sinceMs < atMs);
    const executionIds = new Set(before.map(({ executionId }) => executionId));
    return [...executionIds].filter((executionId) => !this.live.has(executionId)).slice(0, READS_MAX);
  }

  #unknownIn(partition: number): readonly string[] {
    try {
      const unsettled = this.ports.store.liveExecutions(partition);
      return unsettled.filter((executionId) => !this.live.has(executionId) && !this.parked.has(executionId));
    } catch {
      // a damaged partition is reported for itself
      return [];
    }
  }

  async #read(executionIds: readonly string[]): Promise<readonly LiveExecution[]> {
    const { wal } = this.ports.log;
    const read = executionIds.map(async (id) => LiveExecution.fromLog(id, await wal.readStream(id)));
    return (await Promise.all(read)).filter(({ state }) => state.status !== 'none' && !isSettled(state.status));
  }
}
