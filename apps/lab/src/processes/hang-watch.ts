import type { ChildProcess } from 'node:child_process';
import { performance } from 'node:perf_hooks';

/** When a process that no longer answers is taken for one that hangs. */
export interface HangPolicy {
  readonly askEveryMs: number;
  /** Questions in a row that may stay without an answer. */
  readonly unansweredMax: number;
}

const ASK_EVERY_MS = 5_000;
/** A question that is asked this many times later than it should be was held up with everything else. */
const HELD_UP = 2;

/** The policy that gives a process up after so much silence; none for 0. */
export const hangPolicyOf = (silentMs: number): HangPolicy | undefined =>
  silentMs === 0 ? undefined : { askEveryMs: ASK_EVERY_MS, unansweredMax: Math.ceil(silentMs / ASK_EVERY_MS) };

/** Judges a process by whether its answers come. One that never gave any is not judged: it may not know the question. */
export class SignsOfLife {
  #answers = false;
  #unanswered = 0;
  #askedAtMs: number | undefined;

  constructor(private readonly policy: HangPolicy) {}

  answered(): void {
    this.#answers = true;
    this.#unanswered = 0;
  }

  /** Called for every question, with a time that only grows; true when the process is to be given up instead. */
  asking(nowMs: number): boolean {
    const { askEveryMs, unansweredMax } = this.policy;
    const heldUp = this.#askedAtMs !== undefined && nowMs - this.#askedAtMs > HELD_UP * askEveryMs;
    this.#askedAtMs = nowMs;
    // a machine that slept, or is too busy for the launcher as well: silence says nothing then
    if (heldUp || !this.#answers) this.#unanswered = 0;
    if (this.#unanswered >= unansweredMax) return true;
    this.#unanswered += 1;
    return false;
  }
}

/** Asks a process that is ready again and again, and calls `onHung` once when it does not answer; returns what ends that. */
export function watchForHang(child: ChildProcess, policy: HangPolicy, onHung: (silentMs: number) => void): () => void {
  const signs = new SignsOfLife(policy);
  child.on('message', (message) => {
    if ((message as { type?: unknown } | null)?.type === 'alive') signs.answered();
  });
  const ask = (): void => {
    if (signs.asking(performance.now())) {
      clearInterval(timer);
      onHung(policy.unansweredMax * policy.askEveryMs);
    } else child.send({ type: 'alive?' }, () => undefined); // one that cannot be asked has ended, or is about to
  };
  const timer = setInterval(ask, policy.askEveryMs);
  ask();
  return () => clearInterval(timer);
}
