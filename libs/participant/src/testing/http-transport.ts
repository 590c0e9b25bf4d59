import { type CallOutcome, ParticipantPath, type ProbeAnswer, type RequestKey } from '@intendant/intent-model';
import type { SignedHttpClient } from '@intendant/nest-kit';
import type { ProtocolTransport } from './protocol-port.js';

const LIMITS = { timeoutMs: 90_000, bytesMax: 16 * 1024 * 1024 };

/** The Runtime's end over HTTP with signed requests. */
export function httpTransport(client: SignedHttpClient, key: RequestKey): ProtocolTransport {
  const post = async (path: string, message: unknown): Promise<unknown> => {
    const reply = await client.post(path, message, key, LIMITS);
    if (reply.kind === 'answer') return reply.value;
    throw new Error(`${reply.kind}: ${reply.reason}`);
  };
  return {
    call: async (call) => (await post(ParticipantPath.call, call)) as CallOutcome,
    cancel: async (cancel) => void (await post(ParticipantPath.cancel, cancel)),
    probe: async (idempotencyKey) => (await post(ParticipantPath.probe, { idempotencyKey })) as ProbeAnswer,
  };
}
