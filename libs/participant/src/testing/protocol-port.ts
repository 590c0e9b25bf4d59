import { randomBytes } from 'node:crypto';
import type { CallCancel, CallOutcome, ParticipantCall, ProbeAnswer } from '@intendant/intent-model';
import type { RuntimeParticipant } from '../participant.js';
import type { Hold, MemoryDataPlane } from './memory-data-plane.js';

/** The Runtime's end of the protocol, over whatever carries it. */
export interface ProtocolTransport {
  call(call: ParticipantCall): Promise<CallOutcome>;
  /** Resolves when it has been sent, over a transport that answers it when it has been taken. */
  cancel(cancel: CallCancel): Promise<void>;
  probe(idempotencyKey: string): Promise<ProbeAnswer>;
}

/** A participant that is up, and a data plane it can reach. */
export interface ProtocolHarness {
  readonly transport: ProtocolTransport;
  readonly dataPlane: MemoryDataPlane;
  close(): Promise<void>;
}

/**
 * Brings up one participant in the implementation under test, serving PROBE_CAPABILITY and PROBE_SAGA_CAPABILITY. It runs
 * the participant it is given, or one in another language that behaves in the same way.
 */
export type HarnessFactory = (participant: RuntimeParticipant) => Promise<ProtocolHarness>;

/** What a part of the suite works with. */
export class ProtocolBench {
  #harness: ProtocolHarness | undefined;

  async up(harness: Promise<ProtocolHarness>): Promise<void> {
    this.#harness = await harness;
  }

  async down(): Promise<void> {
    await this.#harness?.close();
  }

  get harness(): ProtocolHarness {
    if (this.#harness === undefined) throw new Error('the harness is not up');
    return this.#harness;
  }

  /** The call, with the harness's data plane behind it unless it names another. */
  reaching(call: ParticipantCall): ParticipantCall {
    if (call.dataPlane.grant !== 'none') return call;
    const { dataPlane } = this.harness;
    return { ...call, dataPlane: { url: dataPlane.url, grant: dataPlane.grantOf(call.executionId) } };
  }

  send(call: ParticipantCall): Promise<CallOutcome> {
    return this.harness.transport.call(this.reaching(call));
  }

  cancel({ idempotencyKey, callToken }: Pick<ParticipantCall, 'idempotencyKey' | 'callToken'>): Promise<void> {
    return this.harness.transport.cancel({ idempotencyKey, callToken, reason: 'test' });
  }

  /** A place to stop at. */
  hold(): Hold & { readonly act: { readonly do: 'gate'; readonly gate: string } } {
    const text = `gate/${randomBytes(8).toString('hex')}`;
    return { ...this.harness.dataPlane.hold(text), act: { do: 'gate', gate: text } };
  }
}

/** The same step, called once more. */
export const later = (call: ParticipantCall, n: number): ParticipantCall => ({
  ...call,
  callToken: { ...call.callToken, n },
  deliveryAttempt: n,
});

/** In one word: `succeeded`, `suspended`, `attempt_superseded`, or the code of the failure and whether it is final. */
export function endOf(outcome: CallOutcome): string {
  if (outcome.status !== 'failed') return outcome.status;
  return `${outcome.error.code} ${outcome.error.retryable ? 'retryable' : 'final'}`;
}

/** What the behaviour told; or how it ended. */
export function toldBy(outcome: CallOutcome): unknown {
  return outcome.status === 'succeeded' ? outcome.result.events[0]?.data : endOf(outcome);
}
