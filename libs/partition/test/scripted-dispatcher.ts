import { MAIN_STEP } from '@intendant/execution';
import { sampleResult } from '@intendant/execution/testing';
import type { StoredEntry, Wal } from '@intendant/wal';
import { sampleError } from '@intendant/wal/testing';
import type { Delivery, DeliveryOutcome, Dispatcher } from '../src/index.js';

type Answer = DeliveryOutcome | Promise<DeliveryOutcome>;
export type Script = (delivery: Delivery, n: number) => Answer;

export const success: DeliveryOutcome = { kind: 'succeeded', result: sampleResult() };
export const failure = (retryable = true): DeliveryOutcome => ({ kind: 'failed', error: sampleError(retryable) });
export const lost: DeliveryOutcome = { kind: 'unknown', error: sampleError(true, 'connection_lost') };

/** A participant that follows a script, and remembers what was durable when it was called. */
export class ScriptedDispatcher implements Dispatcher {
  readonly deliveries: Delivery[] = [];
  readonly cancelled: Delivery[] = [];
  readonly #logAtCall: Promise<readonly StoredEntry[]>[] = [];

  constructor(
    private readonly wal: Wal,
    public script: Script = () => success,
  ) {}

  async deliver(delivery: Delivery): Promise<DeliveryOutcome> {
    this.deliveries.push(delivery);
    this.#logAtCall.push(this.wal.readStream(delivery.state.executionId));
    return this.script(delivery, this.deliveries.length);
  }

  cancel(delivery: Delivery): void {
    this.cancelled.push(delivery);
  }

  /** Calls whose attempt had not been durably started when they were made. */
  async callsAheadOfTheLog(): Promise<readonly Delivery[]> {
    const logs = await Promise.all(this.#logAtCall);
    return this.deliveries.filter((delivery, index) => {
      const records = (logs[index] ?? []).flatMap((entry) => entry.records);
      return !records.some(
        (record) =>
          record.type === 'step.started' &&
          record.data.stepId === MAIN_STEP &&
          record.data.attempt === delivery.call.attempt,
      );
    });
  }
}
