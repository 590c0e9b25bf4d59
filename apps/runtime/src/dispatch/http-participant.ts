import {
  type LiveInstance,
  type ParticipantCall,
  ParticipantPath,
  type RequestKey,
  RpcPattern,
} from '@intendant/intent-model';
import {
  clientTlsOptions,
  HTTP_CONNECTIONS_MAX,
  RpcUnavailable,
  SignedHttpClient,
  type SignedReply,
  type TlsFiles,
} from '@intendant/nest-kit';
import { NotDelivered, type ParticipantConnection } from './participant-connection.js';

/** Bytes of an answer: a result of 4 Mi characters, and what came with it. */
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;

/** Beyond the deadline of an attempt a late answer may still come for so long, and is recorded as late; then the socket is destroyed. */
const LATE_MS_MAX = 2_000;

/** Of the connections to one participant; the rest is for cancels and replays, which must not wait behind calls. */
const CALLS_MAX = HTTP_CONNECTIONS_MAX - 8;

const CANCEL_MS_MAX = 2_000;

const PATHS: Readonly<Record<string, string>> = {
  [RpcPattern.call]: ParticipantPath.call,
  [RpcPattern.cancel]: ParticipantPath.cancel,
  [RpcPattern.probe]: ParticipantPath.probe,
  [RpcPattern.replay]: ParticipantPath.replay,
};

/** One participant of transport `http`. */
export class HttpParticipant implements ParticipantConnection {
  readonly callsMax = CALLS_MAX;
  readonly #client: SignedHttpClient;

  constructor(
    private readonly service: string,
    url: string,
    tls: TlsFiles,
    /** The key of the instance's lease, as it is now. */
    private key: RequestKey,
  ) {
    this.#client = new SignedHttpClient(url, clientTlsOptions(tls, service));
  }

  /** The instance registered anew. */
  use(key: RequestKey): void {
    this.key = key;
  }

  /** Whether it can be reached shows with the request itself. */
  async connect(): Promise<void> {}

  async request<T>(pattern: string, data: unknown): Promise<T> {
    return this.#valueOf(await this.#post(pattern, data, (data as ParticipantCall).timeoutMs + LATE_MS_MAX)) as T;
  }

  async call<T>(pattern: string, data: unknown, timeoutMs: number): Promise<T> {
    return this.#valueOf(await this.#post(pattern, data, timeoutMs)) as T;
  }

  emit(pattern: string, data: unknown): void {
    void this.#post(pattern, data, CANCEL_MS_MAX);
  }

  close(): void {
    this.#client.close();
  }

  #post(pattern: string, data: unknown, timeoutMs: number): Promise<SignedReply> {
    return this.#client.post(PATHS[pattern] ?? '', data, this.key, { timeoutMs, bytesMax: ANSWER_BYTES_MAX });
  }

  /** What the other end answered; throws what the connection of the RPC throws for the same. */
  #valueOf(reply: SignedReply): unknown {
    if (reply.kind === 'answer') return reply.value;
    const reason = `${this.service}: ${reply.reason}`;
    if (reply.kind === 'not_delivered') throw new NotDelivered(reason);
    if (reply.kind === 'lost') throw new RpcUnavailable('connection', reason);
    throw new Error(reply.reason);
  }
}

/** Over HTTP only with the key that Curator gave: an instance without one cannot be called. */
export const httpParticipantOf = (instance: LiveInstance, url: string, tls: TlsFiles): HttpParticipant =>
  new HttpParticipant(instance.service, url, tls, instance.requestKey ?? { keyId: 'none', secret: '' });
