/** Connecting takes milliseconds between replicas; a host that vanished answers nothing at all. */
const CONNECT_MS_MAX = 5_000;
/** A replica that handed its partition over in order still answers what it was asked before. */
const LAST_ANSWER_MS_MAX = 1_000;
/** Three heartbeats of an event stream. */
const NO_PROGRESS_MS_MAX = 45_000;

/** How far an exchange with another replica has come. */
export type Stage = 'connecting' | 'sent' | 'answering';

/** When a replica that was asked has had its time: one that is frozen keeps its connections and says nothing. */
export class Patience {
  #stage: Stage = 'connecting';
  #sinceMs: number;
  #movedMs: number | null = null;

  /** `answerMsMax`: from when the request is sent to when its answer begins. */
  constructor(
    private readonly answerMsMax: number,
    nowMs: number,
  ) {
    this.#sinceMs = nowMs;
  }

  get stage(): Stage {
    return this.#stage;
  }

  /** Something happened: a stage began, or more of the answer came. */
  progress(stage: Stage, nowMs: number): void {
    this.#stage = stage;
    this.#sinceMs = nowMs;
  }

  /** `hasMoved`: somebody else holds the partition by now. */
  isOver(nowMs: number, hasMoved: boolean): boolean {
    this.#movedMs = hasMoved ? (this.#movedMs ?? nowMs) : null;
    if (this.#movedMs !== null && nowMs - this.#movedMs >= LAST_ANSWER_MS_MAX) return true;
    const boundMs = { connecting: CONNECT_MS_MAX, sent: this.answerMsMax, answering: NO_PROGRESS_MS_MAX }[this.#stage];
    return nowMs - this.#sinceMs >= boundMs;
  }
}
