import { UnfitLog } from '@intendant/wal';
import { NotMaster } from '../errors.js';
import { refusalOf, writeRefusalIn } from './answers.js';
import { lookAt, type ServerState } from './fitness.js';
import type { ServerLink } from './server-link.js';

/** While something is wrong it is looked at more often, so that the log is back soon. */
const LOOK_WHILE_UNFIT_MS = 500;

export interface FitnessWatchOptions {
  readonly link: ServerLink;
  readonly replicas: number;
  readonly intervalMs: number;
  /** Told after each look that succeeded. */
  readonly onLook: (state: ServerState) => void;
}

/** Knows why the log must not be written: looks at the server from time to time, and hears of refused writes. */
export class FitnessWatch {
  #reason: string | null = null;
  #refusal: UnfitLog | null = null;
  #timer: NodeJS.Timeout | null = null;
  #stopped = false;
  #last: ServerState | null = null;

  constructor(private readonly options: FitnessWatchOptions) {}

  get reason(): string | null {
    return this.#reason;
  }

  /** What the server said last of itself, if that forbids writing. That it is not reached says nothing about it. */
  get refusal(): UnfitLog | null {
    return this.#refusal;
  }

  /** Throws `UnfitLog` with everything that is set too weakly; from then on it is watched. */
  async start(): Promise<void> {
    const state = await this.#look();
    if (state.settingProblems.length > 0) throw new UnfitLog(state.settingProblems);
    this.#conclude(state);
    this.#plan();
  }

  /** A refused write tells at once what the next look would find. */
  noteRefusal(error: unknown): void {
    const refusal = writeRefusalIn(error);
    if (refusal === null) return;
    this.#refuseFor(refusal.problems);
    this.#plan();
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #plan(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#stopped) return;
    const pauseMs = this.#reason === null ? this.options.intervalMs : LOOK_WHILE_UNFIT_MS;
    this.#timer = setTimeout(() => void this.#lookAgain(), Math.min(pauseMs, this.options.intervalMs));
    this.#timer.unref();
  }

  async #lookAgain(): Promise<void> {
    try {
      this.#conclude(await this.#look());
    } catch (error) {
      this.#reason = reasonOf(error as Error);
    }
    this.#plan();
  }

  async #look(): Promise<ServerState> {
    const server = await this.options.link.get();
    try {
      const state = await lookAt(server.redis, this.options.replicas, this.#last);
      this.#last = state;
      // another one is the master by now; the next call finds it
      if (!state.isMaster) this.options.link.drop(server);
      return state;
    } catch (error) {
      if (refusalOf(error) === null) this.options.link.drop(server);
      throw error;
    }
  }

  #conclude(state: ServerState): void {
    this.#refuseFor([...state.settingProblems, ...state.troubles]);
    this.options.onLook(state);
  }

  #refuseFor(problems: readonly string[]): void {
    this.#refusal = problems.length === 0 ? null : new UnfitLog(problems);
    this.#reason = problems.length === 0 ? null : problems.join('; ');
  }
}

function reasonOf(error: Error): string {
  if (error instanceof UnfitLog) return error.problems.join('; ');
  return error instanceof NotMaster ? error.message : `not reached: ${error.message}`;
}
