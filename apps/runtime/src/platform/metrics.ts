import type { ExecutionState, ExecutionStatus } from '@intendant/execution';
import { isSettled } from '@intendant/execution';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** What the Runtime counts. No label carries a tenant, user or id: cardinality stays bounded. */
export class RuntimeMetrics {
  readonly registry = new Registry();
  readonly accepted = this.#counter('intendant_intents_accepted_total', 'Intents accepted', ['realm']);
  readonly replayed = this.#counter(
    'intendant_intents_replayed_total',
    'Submissions answered by an earlier execution',
    [],
  );
  readonly refused = this.#counter('intendant_refusals_total', 'Requests refused', ['code']);
  readonly unauthenticated = this.#counter('intendant_unauthenticated_total', 'Requests without a valid token', []);
  readonly settled = this.#counter('intendant_executions_settled_total', 'Executions settled', ['status']);
  readonly partitionsLost = this.#counter(
    'intendant_partitions_lost_total',
    'Partitions that another replica took, or that an append in doubt cost',
    [],
  );
  readonly tornTails = this.#counter(
    'intendant_log_torn_tails_total',
    'Torn last writes of the log that were dropped when it was opened',
    [],
  );
  readonly late = this.#counter('intendant_late_results_total', 'Results that came after their call was given up', []);
  readonly signals = this.#counter('intendant_signals_total', 'Signals to executions', ['type', 'outcome']);
  readonly alerts = this.#counter('intendant_alerts_total', 'Alerts raised', ['level']);
  readonly duration = new Histogram({
    name: 'intendant_execution_seconds',
    help: 'From acceptance to settlement',
    buckets: SECONDS,
    registers: [this.registry],
  });
  readonly intake = new Histogram({
    name: 'intendant_intake_seconds',
    help: 'From request to durable acceptance',
    buckets: SECONDS,
    registers: [this.registry],
  });

  readonly timerLateness = new Histogram({
    name: 'intendant_timer_lateness_seconds',
    help: 'From the instant a durable timer was due to its firing',
    buckets: SECONDS,
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** A value that is read when somebody looks. */
  gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        const value = read();
        if (Number.isFinite(value)) this.set(value);
      },
    });
  }

  /** A count that somebody else keeps, read when somebody looks. */
  countOf(name: string, help: string, read: () => number): void {
    new Counter({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }

  applied(state: ExecutionState, before: ExecutionStatus): void {
    if (!isSettled(state.status) || state.status === before) return;
    this.settled.inc({ status: state.status });
    if (state.acceptedAt !== null && state.settledAt !== null)
      this.duration.observe((Date.parse(state.settledAt) - Date.parse(state.acceptedAt)) / 1_000);
  }

  /** Numbers by label that somebody else knows, asked for when somebody looks; none while they are not to be had. */
  gaugeBy(name: string, help: string, label: string, read: () => Promise<ReadonlyMap<string, number>>): void {
    new Gauge({
      name,
      help,
      labelNames: [label],
      registers: [this.registry],
      async collect() {
        const values = await read().catch(() => null);
        this.reset();
        for (const [value, count] of values ?? []) this.set({ [label]: value }, count);
      },
    });
  }

  #counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }
}
