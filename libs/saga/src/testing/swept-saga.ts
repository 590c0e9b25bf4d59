import type { Incident, NodeName } from './incident.js';

/** A record as a sweep reads it. */
export interface TraceRecord {
  readonly seq: number;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What came of one run of a saga. */
export interface SagaTrace {
  readonly executionId: string;
  readonly status: string;
  readonly records: readonly TraceRecord[];
  /** Where it met the world, in the order in which it first did. */
  readonly nodes: readonly NodeName[];
  /** Appends of each process, in their order. */
  readonly appends: readonly number[];
  /** Effects per step as they can be seen from outside: 1 is there, 0 was taken back. */
  readonly effects: Readonly<Record<string, number>>;
  /** Whether everything that can be seen from outside is as it was before; null when nobody can tell. */
  readonly traceless: boolean | null;
  /** What is wrong by the rules of the outer rings: validation, folding, write-ahead, errors of the process. */
  readonly findings: readonly string[];
  readonly children: readonly SagaTrace[];
}

/** What a person does about a saga that stands still. */
export interface Help {
  readonly signalType: 'retry_step' | 'skip_step' | 'resolve_step' | 'cancel' | 'compensate';
  readonly payload: Readonly<Record<string, string>>;
}

export interface Trial {
  readonly incidents: readonly Incident[];
  /** Asked whenever the saga stands still; null leaves it there. */
  readonly help?: (trace: SagaTrace) => Help | null;
}

/** Port: a saga with a world of its own for every trial. */
export interface SweptSaga {
  readonly name: string;
  run(trial: Trial): Promise<SagaTrace>;
}
