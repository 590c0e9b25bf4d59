import type { CallCancel, CallOutcome, ParticipantCall, ProbeAnswer } from '@intendant/intent-model';
import type { RuntimeParticipant } from '../participant.js';
import type { ScriptedParticipant } from './scripted-participant.js';

/** The Runtime's end of the protocol, over whatever carries it. */
export interface ProtocolTransport {
  call(call: ParticipantCall): Promise<CallOutcome>;
  /** Fire and forget; arrives after the calls that were sent before it. */
  cancel(cancel: CallCancel): void;
  probe(idempotencyKey: string): Promise<ProbeAnswer>;
}

/** A participant that is up, and a data plane it can reach. */
export interface ProtocolHarness {
  readonly transport: ProtocolTransport;
  readonly dataPlane: {
    readonly url: string;
    readonly grant: string;
    /** Stores bytes as the Runtime would; returns their SHA-256. */
    put(bytes: Uint8Array): string;
    /** The bytes stored under a SHA-256. */
    stored(sha256: string): Uint8Array | undefined;
    /** Makes the store give other bytes than it was asked for. */
    corrupt(sha256: string): void;
    setState(scope: 'session' | 'execution', key: string, value: unknown): void;
  };
  close(): Promise<void>;
}

/** Brings up one participant, serving {@link PROBE_CAPABILITY}, in the implementation under test. */
export type HarnessFactory = (participant: RuntimeParticipant) => Promise<ProtocolHarness>;

/** What a part of the suite works with; the harness is up when its tests run. */
export interface ProtocolBench {
  readonly participant: ScriptedParticipant;
  readonly harness: () => ProtocolHarness;
}
