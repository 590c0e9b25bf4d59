import { type ExecutionState, evolve, noExecution } from '@intendant/execution';
import { EMPTY_HEAD, type Entry, headAfter, type StoredEntry, type StreamHead } from '@intendant/wal';

/** An execution in memory: its state, the end of its stream, and the line of commands that wait their turn. */
export class LiveExecution {
  state: ExecutionState;
  head: StreamHead = EMPTY_HEAD;
  /** Deliveries of this process for the current attempt; redeliveries after a crash are counted from the log. */
  callsMade = 0;
  /** The call of a saga as code whose reports count. */
  handlerCall = 0;
  /** Children that are being started, or are waited for. */
  readonly ensuring = new Set<string>();
  /** Calls in flight, as `step/attempt`. */
  readonly calling = new Set<string>();
  /** True when this process found a call in the log that another process may have made. */
  recovered = false;
  #line: Promise<unknown> = Promise.resolve();

  constructor(executionId: string) {
    this.state = noExecution(executionId);
  }

  static fromLog(executionId: string, entries: readonly StoredEntry[]): LiveExecution {
    const live = new LiveExecution(executionId);
    for (const entry of entries) live.apply(entry);
    live.recovered = Object.values(live.state.steps).some((step) => step.status === 'started');
    return live;
  }

  /** Folds a durable entry. */
  apply(entry: Entry): void {
    let state = this.state;
    for (const record of entry.records) state = evolve(state, record);
    this.state = state;
    this.head = headAfter(entry);
  }

  /** Runs `work` after everything asked before it. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#line.then(work);
    this.#line = turn.catch(() => undefined);
    return turn;
  }
}
