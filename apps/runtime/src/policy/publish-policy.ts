import { type Failure, FailureError, failure, type PolicyDecision, type Principal } from '@intendant/intent-model';
import { digestOf, type JsonObject } from '@intendant/kernel';
import { RpcUnavailable } from '@intendant/nest-kit';
import { auditOf } from '@intendant/wal';
import type { Platform } from '../platform/compose.js';

export interface Publication {
  readonly principal: Principal;
  readonly correlationId: string;
  readonly bundle: JsonObject;
  /** What allowed it. */
  readonly decision: PolicyDecision;
}

type Ports = Pick<Platform, 'log' | 'refusals'> & {
  readonly policy: Pick<Platform['policy'], 'publish'>;
  readonly policyWatch: Pick<Platform['policyWatch'], 'revisionOf'>;
};

/**
 * Has Smart City put a bundle into force. Who asked for what is durable before Smart City hears of it: whatever is in force then has
 * a record, also when this process ends in between.
 */
export async function publishPolicy(
  ports: Ports,
  { principal, correlationId, bundle, decision }: Publication,
): Promise<{ revision: number; digest: string }> {
  const { tenantId, userId } = principal;
  const actor = `user:${userId}`;
  const stream = auditOf(tenantId);
  const attribution = { tenantId, sessionId: null, executionId: null, intentId: null, correlationId };
  const previousRevision = ports.policyWatch.revisionOf(tenantId) ?? null;
  const asked = { bundleDigest: digestOf(bundle), decision };
  const requested = await ports.log.append(stream, attribution, [
    { type: 'policy.publication_requested', actor, cause: null, data: asked },
  ]);
  const reply = await ports.policy
    .publish({ tenantId, bundle, publishedBy: userId })
    .catch((error: Error): Promise<never> => {
      if (!(error instanceof RpcUnavailable)) throw error;
      throw new FailureError(failure('policy_unavailable', error.message, { retryAfterMs: 1_000 }));
    });
  if ('failure' in reply) {
    const found = ofBody(reply.failure);
    const refused = { principal, found, correlationId, sessionId: null, asked: { action: 'policy.publish' }, decision };
    const refusalId = await ports.refusals.record(refused);
    throw new FailureError({ ...found, extra: { ...found.extra, ...(refusalId === null ? {} : { refusalId }) } });
  }
  const { revision, digest } = reply;
  await ports.log.append(stream, attribution, [
    {
      type: 'policy.published',
      actor,
      cause: { seq: requested.firstSeq },
      data: { revision, digest, previousRevision },
    },
  ]);
  return { revision, digest };
}

/** Smart City names places in its message; over HTTP the bundle is the body itself. */
const ofBody = (found: Failure): Failure =>
  found.field === undefined ? found : { ...found, field: found.field.replace(/^\/bundle/, '') };
