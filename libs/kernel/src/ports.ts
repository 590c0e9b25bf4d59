/** Wall time in milliseconds since the Unix epoch. Information only: order in the log is `seq`, never time. */
export interface Clock {
  nowMs(): number;
}

/** Source of unpredictable bytes; a seeded one makes a simulation repeatable. */
export interface Random {
  /** `count` fresh bytes, `count` ≤ 32. */
  bytes(count: number): Uint8Array;
}

/** Calls back once after a delay; the returned function cancels. */
export interface Scheduler {
  after(delayMs: number, callback: () => void): () => void;
}

/** One piece of work in a trace. */
export interface Span {
  /** W3C Trace Context of this span, for whoever carries on. */
  readonly traceparent: string;
  set(attribute: string, value: string | number): void;
  /** The work came to an end that is a failure, without rejecting. */
  fail(reason: string): void;
}

export interface SpanOptions {
  /** Traceparent of what asked for this work; null begins a trace. */
  readonly parent: string | null;
  /** `server` answers a request from outside the process, `client` makes one. */
  readonly kind?: 'server' | 'client';
}

/** Tells what took how long and on whose behalf. Where nobody listens there is none: null, and nothing is done. */
export interface Tracer {
  /** Runs `work` in a span; a rejection fails the span and is passed on. */
  trace<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T>;
}
