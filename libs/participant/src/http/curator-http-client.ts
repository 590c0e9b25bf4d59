import type { ConnectionOptions } from 'node:tls';
import {
  ERROR_CATALOGUE,
  type Failure,
  type ParticipantRegistration,
  ParticipantRegistrationPath,
  RegistrationReceipt,
  RenewAnswer,
} from '@intendant/intent-model';
import { Agent } from 'undici';
import { z } from 'zod';
import { readBounded } from '../data-plane-failures.js';
import { type CuratorPort, RegistrationRefused } from '../registration-lease.js';

const CALL_MS = { register: 5_000, renew: 2_000, drain: 2_000 };
const ANSWER_BYTES_MAX = 1024 * 1024;

const Refusal = z.looseObject({
  code: z.enum(Object.keys(ERROR_CATALOGUE) as [keyof typeof ERROR_CATALOGUE]),
  detail: z.string(),
});

/** Curator over HTTPS with mutual TLS; the same messages as over the RPC. */
export class CuratorHttpClient implements CuratorPort {
  readonly #agent: Agent;
  readonly #origin: string;

  /** `tls`: our certificate, the CA, and the check that the other end is Curator. */
  constructor(address: { readonly host: string; readonly port: number }, tls: ConnectionOptions) {
    this.#origin = `https://${address.host}:${address.port}`;
    this.#agent = new Agent({ connect: { ...tls } as never });
  }

  async register(
    registration: ParticipantRegistration,
  ): Promise<RegistrationReceipt | { refused: RegistrationRefused }> {
    const { status, answer } = await this.#post('register', registration);
    if (status === 200) return RegistrationReceipt.parse(answer);
    const failure = Refusal.parse(answer) as Failure;
    return { refused: new RegistrationRefused(failure, ERROR_CATALOGUE[failure.code].retry !== 'later') };
  }

  async renew(leaseId: string): Promise<'renewed' | 'lease_unknown'> {
    return RenewAnswer.parse((await this.#post('renew', { leaseId })).answer).status;
  }

  async drain(leaseId: string): Promise<void> {
    await this.#post('drain', { leaseId });
  }

  close(): void {
    this.#agent.destroy().catch(() => undefined);
  }

  async #post(what: keyof typeof CALL_MS, message: unknown): Promise<{ status: number; answer: unknown }> {
    const { statusCode, body } = await this.#agent.request({
      origin: this.#origin,
      path: ParticipantRegistrationPath[what],
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(message),
      signal: AbortSignal.timeout(CALL_MS[what]),
    });
    return { status: statusCode, answer: await readBounded(body, ANSWER_BYTES_MAX) };
  }
}
