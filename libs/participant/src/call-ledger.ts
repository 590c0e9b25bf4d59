import type { CallOutcome, CallToken, ProbeAnswer } from '@intendant/intent-model';
import { AgeOrderedMap, type Clock } from '@intendant/kernel';
import { compareTokens } from './call-token.js';

/** A handler at work. `settled` never rejects. */
export interface Run {
  readonly settled: Promise<CallOutcome>;
  abort(cause: 'cancelled' | 'shutdown'): void;
  /** When its signal was aborted, in milliseconds since the epoch; null while it may go on. */
  readonly abortedAtMs: number | null;
}

export interface LedgerLimits {
  readonly entriesMax: number;
  /** Bound of all stored outcomes together, in characters of their JSON. */
  readonly charsMax: number;
  /** How long a handler that ignores its abort keeps its key to itself. */
  readonly abandonAfterMs: number;
}

export const LEDGER_LIMITS: LedgerLimits = { entriesMax: 10_000, charsMax: 64 * 1024 * 1024, abandonAfterMs: 30_000 };

interface Entry<R extends Run> {
  /** Highest token seen. */
  token: CallToken;
  run: R | null;
  /** As JSON: thousands of outcomes as objects are what the garbage collector would be busy with. */
  outcome: string | null;
  /** The business attempt that the outcome belongs to. */
  attempt: number;
  /** Its outcome stands, whatever a handler that is still at work returns. */
  forbidden: boolean;
  /** Answers those who wait with an older token. */
  supersede: (() => void)[];
}

const SUPERSEDED: CallOutcome = Object.freeze({ status: 'attempt_superseded' });

/**
 * What this process knows about each idempotency key: the highest call token, the handler at work, and the outcome once
 * it is definite (success or final failure; a retryable failure frees the key).
 *
 * - A call with a lower token than seen is answered `attempt_superseded`, whatever is stored.
 * - A call whose key has an outcome gets it; no handler runs. But a later business attempt of a step that failed for good is
 *   no repetition: somebody has repaired the cause and asked for it.
 * - A call whose key has a handler at work joins it: one handler per key. Callers with an older token are answered
 *   `attempt_superseded` at once, for nobody counts on them any more; the newest call gets the outcome.
 * - A handler that was aborted and does not end keeps its key for `abandonAfterMs`; then the next call starts anew and
 *   what the old one still returns is dropped.
 *
 * Memory only, and bounded: after a restart, or for a key that was pushed out, the handler runs again. What keeps the
 * effect single then is the handler, which must honour the key.
 */
export class CallLedger<R extends Run = Run> {
  /** Whose handler is at work. */
  readonly #atWork = new Map<string, Entry<R>>();
  /** The others in order of use, the longest unused first. */
  readonly #atRest = new AgeOrderedMap<Entry<R>>();
  #chars = 0;
  #running = 0;
  #idle: (() => void)[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly limits: LedgerLimits = LEDGER_LIMITS,
  ) {}

  /**
   * The outcome for this call; `start` is called when a handler must run for it, `join` when one is at work already and
   * this call is newer than the ones it has worked for.
   */
  call(
    key: string,
    token: CallToken,
    start: () => R,
    join: (run: R) => void = () => undefined,
    attempt = 1,
  ): Promise<CallOutcome> {
    const entry = this.#touch(key, token);
    const order = compareTokens(token, entry.token);
    if (order < 0) return Promise.resolve(SUPERSEDED);
    if (order > 0) {
      entry.token = token;
      for (const answer of entry.supersede.splice(0)) answer();
    }
    this.#reopen(entry, attempt);
    if (entry.outcome !== null) return Promise.resolve(outcomeIn(entry.outcome));
    const joined = entry.run !== null && !this.#isAbandoned(entry.run) ? entry.run : null;
    if (joined !== null && order > 0) join(joined);
    const run = joined ?? this.#start(key, entry, start);
    return new Promise((resolve) => {
      entry.supersede.push(() => resolve(SUPERSEDED));
      void run.settled.then(resolve);
    });
  }

  /** Aborts the handler of a key, unless the cancel is older than the newest call. */
  cancel(key: string, token: CallToken): void {
    const entry = this.#atWork.get(key);
    if (entry !== undefined && compareTokens(token, entry.token) >= 0) entry.run?.abort('cancelled');
  }

  /** Whatever is asked under this key from now on is answered with `outcome`; a handler at work for it is stopped. */
  forbid(key: string, token: CallToken, outcome: CallOutcome): void {
    const entry = this.#touch(key, token);
    entry.run?.abort('cancelled');
    this.#keep(entry, JSON.stringify(outcome));
    entry.forbidden = true;
  }

  probe(key: string): ProbeAnswer {
    const entry = this.#atWork.get(key) ?? this.#atRest.get(key);
    if (entry?.outcome) return { status: 'settled', outcome: outcomeIn(entry.outcome) };
    return { status: entry?.run ? 'running' : 'unknown' };
  }

  get running(): number {
    return this.#running;
  }

  /** Resolves when no handler is at work. */
  whenIdle(): Promise<void> {
    return this.#running === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  abortAll(): void {
    for (const entry of this.#atWork.values()) entry.run?.abort('shutdown');
  }

  #touch(key: string, token: CallToken): Entry<R> {
    const working = this.#atWork.get(key);
    if (working !== undefined) return working;
    const known = this.#atRest.get(key);
    if (known === undefined) this.#makeRoom(1);
    else this.#atRest.delete(key);
    const entry = known ?? { token, run: null, outcome: null, attempt: 1, forbidden: false, supersede: [] };
    this.#atRest.set(key, entry);
    return entry;
  }

  /** A final failure answers its own attempt, not one that was asked for since; what was undone stays so. */
  #reopen(entry: Entry<R>, attempt: number): void {
    if (attempt <= entry.attempt) return;
    entry.attempt = attempt;
    if (entry.forbidden || entry.outcome === null || outcomeIn(entry.outcome).status !== 'failed') return;
    this.#keep(entry, null);
  }

  #keep(entry: Entry<R>, outcome: string | null): void {
    this.#chars += (outcome?.length ?? 0) - (entry.outcome?.length ?? 0);
    entry.outcome = outcome;
  }

  #isAbandoned(run: R): boolean {
    return run.abortedAtMs !== null && this.clock.nowMs() - run.abortedAtMs >= this.limits.abandonAfterMs;
  }

  #start(key: string, entry: Entry<R>, start: () => R): R {
    const run = start();
    entry.run = run;
    this.#atRest.delete(key);
    this.#atWork.set(key, entry);
    this.#running += 1;
    void run.settled.then((outcome) => {
      if (entry.run === run) this.#settle(key, entry, outcome);
      this.#running -= 1;
      if (this.#running === 0) for (const resolve of this.#idle.splice(0)) resolve();
    });
    return run;
  }

  #settle(key: string, entry: Entry<R>, outcome: CallOutcome): void {
    entry.run = null;
    entry.supersede = [];
    this.#atWork.delete(key);
    this.#atRest.set(key, entry);
    if (entry.forbidden) return;
    if (
      outcome.status === 'suspended' ||
      outcome.status === 'attempt_superseded' ||
      (outcome.status === 'failed' && outcome.error.retryable)
    )
      return;
    this.#keep(entry, JSON.stringify(outcome));
    this.#makeRoom(0);
  }

  /** Forgets what was unused for longest; never a key whose handler is at work. */
  #makeRoom(forNew: number): void {
    while (
      this.#atWork.size + this.#atRest.size + forNew > this.limits.entriesMax ||
      this.#chars > this.limits.charsMax
    ) {
      const oldest = this.#atRest.oldestKey;
      if (oldest === undefined) return;
      this.#keep(this.#atRest.get(oldest) as Entry<R>, null);
      this.#atRest.delete(oldest);
    }
  }
}

const outcomeIn = (json: string): CallOutcome => JSON.parse(json) as CallOutcome;
