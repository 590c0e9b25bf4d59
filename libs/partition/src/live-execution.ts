import { type CallTerms, type ExecutionState, evolveAll, noExecution } from '@intendant/execution';
import { EMPTY_HEAD, type Entry, headAfter, type StoredEntry, type StreamHead } from '@intendant/wal';
import type { Delivery } from './ports.js';

/** Names one attempt of a step, or of its undo, within an execution. */
export const callNameOf = ({
  direction,
  stepId,
  attempt,
}: Pick<CallTerms, 'direction' | 'stepId' | 'attempt'>): string => `${direction}/${stepId}/${attempt}`;

function* startedAttempts(state: ExecutionState): Generator<string> {
  for (const { stepId, status, attempt, undo } of state.steps.deciding()) {
    if (status === 'started') yield callNameOf({ direction: 'forward', stepId, attempt });
    if (undo?.status === 'started') yield callNameOf({ direction: 'undo', stepId, attempt: undo.attempt });
  }
}

/** An execution in memory: its state, the end of its stream, and the line of commands that wait their turn. */
export class LiveExecution {
  state: ExecutionState;
  head: StreamHead = EMPTY_HEAD;
  /** Token number of the call of a saga as code whose reports count. */
  handlerCall = 0;
  /** Children that are being started, or are waited for. */
  readonly ensuring = new Set<string>();
  /** Children that could not be started, and are tried again. */
  readonly unstarted = new Set<string>();
  /** Calls in flight, as `direction/step/attempt`. */
  readonly calling = new Map<string, Delivery>();
  /** Its partition is another process's by now: nothing it owes is done here. */
  abandoned = false;
  /** When its last entry was made, in milliseconds since the epoch. */
  lastRecordMs = 0;
  /** Attempts that were started when it was read from the log: somebody may have made their calls already. */
  found: ReadonlySet<string> = new Set();
  #line: Promise<unknown> = Promise.resolve();

  constructor(
    executionId: string,
    readonly tenantId: string,
  ) {
    this.state = noExecution(executionId);
  }

  static fromLog(executionId: string, entries: readonly StoredEntry[]): LiveExecution {
    const live = new LiveExecution(executionId, entries[0]?.records[0]?.tenantId ?? '');
    live.#fold(entries);
    live.found = new Set(startedAttempts(live.state));
    return live;
  }

  /** Folds a durable entry. */
  apply(entry: Entry): void {
    this.#fold([entry]);
  }

  #fold(entries: readonly Entry[]): void {
    const last = entries.at(-1);
    if (last === undefined) return;
    this.state = evolveAll(
      this.state,
      entries.flatMap((entry) => entry.records),
    );
    this.head = headAfter(last);
    this.lastRecordMs = Date.parse(last.records[0]?.occurredAt ?? '');
  }

  /** A call is being made again that was started before this process read the log. */
  get isRecovering(): boolean {
    return [...this.calling.keys()].some((call) => this.found.has(call));
  }

  /** Resolves when everything asked so far has had its turn. */
  whenIdle(): Promise<unknown> {
    return this.#line;
  }

  /** Runs `work` after everything asked before it. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#line.then(work);
    this.#line = turn.catch(() => undefined);
    return turn;
  }
}

/** Whether nothing will happen to an execution for a while unless somebody comes. */
export function mayPark({ state, calling, ensuring }: LiveExecution, nowMs: number): boolean {
  if (state.status !== 'waiting' || calling.size > 0 || ensuring.size > 0) return false;
  // children are made sure of by those who are awake
  if (Object.keys(state.durable?.children ?? {}).length > 0) return false;
  return Object.values(state.timers).every((dueAt) => Date.parse(dueAt) - nowMs > PARK_AHEAD_MS);
}

/** An execution whose next timer is nearer than this stays in memory. */
const PARK_AHEAD_MS = 2_000;
