import type { StepError } from '@intendant/intent-model';

export type AbortCause = 'deadline' | 'cancelled' | 'shutdown';

/** The reason of a handler's aborted signal. */
export class CallAborted extends Error {
  constructor(readonly abortCause: AbortCause) {
    super(MESSAGES[abortCause]);
    this.name = 'CallAborted';
  }
}

const MESSAGES: Readonly<Record<AbortCause, string>> = {
  deadline: 'the call ran out of time',
  cancelled: 'the call was cancelled',
  shutdown: 'the participant is shutting down',
};

const CODES: Readonly<Record<AbortCause, string>> = {
  deadline: 'step_timeout',
  cancelled: 'cancelled',
  shutdown: 'shutting_down',
};

/** What an aborted call ends with. Retryable, so that the key is free: whether to call again is the Runtime's to say. */
export const errorOfAbort = (cause: AbortCause): StepError => ({
  code: CODES[cause],
  message: MESSAGES[cause],
  retryable: true,
  details: null,
});

/**
 * An AbortController that makes its signal when somebody asks for it: most handlers never do, and signals with their
 * listeners cost more than the rest of a short call.
 */
export class LazyAbort {
  #controller: AbortController | undefined;
  #reason: Error | undefined;

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  get aborted(): boolean {
    return this.#reason !== undefined;
  }

  get reason(): Error | undefined {
    return this.#reason;
  }

  /** Only the first reason counts. */
  abort(reason: Error): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#controller?.abort(reason);
  }
}
