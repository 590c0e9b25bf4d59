import {
  type Failure,
  FailureError,
  OwnershipAnswer,
  type OwnershipRenewal,
  RpcPattern,
} from '@intendant/intent-model';
import type { RpcClient } from '@intendant/nest-kit';

/** Shorter than the time between two renewals of the default lease. */
const RENEWAL_MS_MAX = 900;

/**
 * Renews with Curator. Rejects with `RpcUnavailable` when it does not answer, `FailureError` when it refuses, and an error
 * that names the place when its answer is malformed.
 */
export const renewalWith =
  (curator: Pick<RpcClient, 'call'>) =>
  async (request: OwnershipRenewal): Promise<OwnershipAnswer> => {
    const reply = await curator.call<unknown>(RpcPattern.renewOwnership, request, RENEWAL_MS_MAX).catch(thrown);
    const answer = OwnershipAnswer.safeParse(reply);
    if (answer.success) return answer.data;
    const [issue] = answer.error.issues;
    throw new Error(`malformed answer of Curator at /${(issue?.path ?? []).map(String).join('/')}: ${issue?.message}`);
  };

function thrown(error: unknown): never {
  if (error instanceof Error) throw error;
  const refused = error as Partial<Failure> | null;
  if (typeof refused?.code === 'string') throw new FailureError(refused as Failure);
  throw new Error(`Curator refused: ${JSON.stringify(error)}`);
}
