import {
  ERROR_CATALOGUE,
  type Failure,
  type ParticipantRegistration,
  RegistrationReceipt,
  RenewAnswer,
  RpcPattern,
} from '@intendant/intent-model';
import { type Logger, RpcClient, type RpcTarget, type TlsFiles } from '@intendant/nest-kit';
import { z } from 'zod';
import { type CuratorPort, RegistrationRefused } from '../registration-lease.js';

const CALL_MS = { register: 5_000, renew: 2_000, drain: 2_000 };

const FailureReply = z.object({
  failure: z.looseObject({
    code: z.enum(Object.keys(ERROR_CATALOGUE) as [keyof typeof ERROR_CATALOGUE]),
    detail: z.string(),
  }),
});
const RegisterReply = z.union([RegistrationReceipt, FailureReply]);

/** Curator over mutual TLS. */
export class CuratorClient implements CuratorPort {
  readonly #rpc: RpcClient;

  constructor(target: Omit<RpcTarget, 'service'>, tls: TlsFiles, logger: Logger) {
    this.#rpc = new RpcClient({ ...target, service: 'curator' }, tls, logger);
  }

  async register(
    registration: ParticipantRegistration,
  ): Promise<RegistrationReceipt | { refused: RegistrationRefused }> {
    const given = await this.#rpc.call(RpcPattern.register, registration, CALL_MS.register).catch(asFailureReply);
    const reply = RegisterReply.parse(given);
    if (!('failure' in reply)) return reply;
    const failure = reply.failure as Failure;
    return { refused: new RegistrationRefused(failure, ERROR_CATALOGUE[failure.code].retry !== 'later') };
  }

  async renew(leaseId: string): Promise<'renewed' | 'lease_unknown'> {
    return RenewAnswer.parse(await this.#rpc.call(RpcPattern.renew, { leaseId }, CALL_MS.renew)).status;
  }

  async drain(leaseId: string): Promise<void> {
    await this.#rpc.call(RpcPattern.drain, { leaseId }, CALL_MS.drain);
  }

  close(): void {
    this.#rpc.close();
  }
}

/** What Curator's guard throws is an answer too: {code, detail}. */
function asFailureReply(error: unknown): unknown {
  const reply = FailureReply.safeParse({ failure: error });
  if (reply.success) return reply.data;
  throw error;
}
