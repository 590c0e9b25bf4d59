import type { CallTerms, ExecutionCommand } from '@intendant/execution';
import { AppendTooLarge } from '@intendant/wal';
import { deliveryOf } from './delivery-of.js';
import { callNameOf, type LiveExecution } from './live-execution.js';
import { commandOf, refusalOf, unknownFor } from './outcome-command.js';
import type { Delivery, DeliveryOutcome } from './ports.js';
import type { SupervisorOptions } from './supervisor-options.js';

interface Executions {
  /** Runs `work` in the execution's turn, wherever it is. */
  readonly inTurn: <T>(executionId: string, work: (live: LiveExecution) => Promise<T>) => Promise<T>;
  readonly record: (live: LiveExecution, command: ExecutionCommand, endedCall: string) => Promise<void>;
}

/** Makes the calls that executions owe, and has their outcomes recorded. */
export class ParticipantCalls {
  #inFlight = 0;
  /** Orders the calls of this process, also those of an execution that was settled and taken up again. */
  #made = 0;

  constructor(
    private readonly options: SupervisorOptions,
    private readonly executions: Executions,
  ) {}

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Makes a call, unless it is in flight. */
  make(live: LiveExecution, terms: CallTerms): void {
    const { state } = live;
    const call = callNameOf(terms);
    if (live.calling.has(call)) return;
    this.#made += 1;
    if (terms.direction === 'forward' && state.durable !== null) live.handlerCall = this.#made;
    const callToken = { epoch: this.options.log.epochOf(state.executionId), n: this.#made };
    const delivery = deliveryOf(live, terms, callToken);
    live.calling.set(call, delivery);
    this.#inFlight += 1;
    void this.options.dispatcher
      .deliver(delivery)
      .catch((error: Error) => {
        this.options.events.broken(state.executionId, error);
        return unknownFor(error);
      })
      .then((outcome) => this.#ended(delivery, outcome))
      .catch((error: Error) => this.options.events.broken(state.executionId, error))
      .finally(() => {
        this.#inFlight -= 1;
      });
  }

  /** Who held the partition when the call was made need not hold it when it ends, or may have it under a later claim. */
  async #ended(delivery: Delivery, outcome: DeliveryOutcome): Promise<void> {
    const { executionId } = delivery.state;
    try {
      const counts = await this.executions.inTurn(executionId, async (live) => {
        if (this.#isOvertaken(live, delivery)) return false;
        await this.#recordEnd(live, delivery, outcome);
        return true;
      });
      if (counts) return;
    } catch (error) {
      if (this.#isOfThisClaim(delivery)) throw error;
    }
    this.options.events.late?.(delivery, outcome.kind);
  }

  /** Its attempt is called again under a later token: what the participant says to this one is no outcome of the attempt. */
  #isOvertaken(live: LiveExecution, delivery: Delivery): boolean {
    const newest = live.calling.get(callNameOf(delivery.call));
    return (newest !== undefined && newest !== delivery) || !this.#isOfThisClaim(delivery);
  }

  #isOfThisClaim({ callToken, state: { executionId } }: Delivery): boolean {
    const { log } = this.options;
    return log.holds(executionId) && log.epochOf(executionId) === callToken.epoch;
  }

  /** An outcome that no append can take would come again with every call: what is recorded is that it cannot be. */
  async #recordEnd(live: LiveExecution, delivery: Delivery, outcome: DeliveryOutcome): Promise<void> {
    const { clock, lookUpUndo } = this.options;
    const command = commandOf(delivery, outcome, lookUpUndo, clock.nowMs());
    try {
      await this.executions.record(live, command, callNameOf(delivery.call));
    } catch (error) {
      const smaller = error instanceof AppendTooLarge ? refusalOf(outcome, error.message) : null;
      if (smaller === null) throw error;
      await this.#recordEnd(live, delivery, smaller);
    }
  }
}
