import type { Principal } from '@intendant/intent-model';
import type { Positions } from '@intendant/read-model';
import type { z } from 'zod';
import { refuseOverride } from '../http/identity.guard.js';
import { executionsOf, isAllowed } from '../http/operations.js';
import type { AuthenticatedRequest } from '../http/request-context.js';
import { identityMismatches, isIdentityField } from '../intake/identity-override.js';
import type { Platform } from '../platform/compose.js';
import { TENANT_STREAMS, type WaitFor } from './list-parameters.js';

type Query = Readonly<Record<string, unknown>>;

/**
 * The query without identity parameters, which must agree with the token: throws the recorded refusal when one of them,
 * or a header, does not. `own` are parameters of the endpoint itself.
 */
export async function queryWithoutIdentity(
  platform: Platform,
  request: AuthenticatedRequest,
  own: readonly string[],
): Promise<Query> {
  const given = Object.entries(request.query as Query);
  const isClaim = ([name]: [string, unknown]): boolean => isIdentityField(name) && !own.includes(name);
  const mismatches = identityMismatches(
    request.principal,
    {},
    request.headers,
    Object.fromEntries(given.filter(isClaim)),
  );
  if (mismatches.length > 0) return refuseOverride(platform, request, mismatches);
  return Object.fromEntries(given.filter((one) => !isClaim(one)));
}

/** How far the lists are; with `waitFor` once they know of all that is recorded there now, and no sooner. */
export function reachedPositions(
  { readModel: { lists } }: Platform,
  { tenantId }: Principal,
  waitFor: z.output<typeof WaitFor>,
): Promise<Positions> {
  if (waitFor === undefined) return lists.positions();
  const isNamed = Object.hasOwn(TENANT_STREAMS, waitFor);
  return lists.covering(isNamed ? TENANT_STREAMS[waitFor as keyof typeof TENANT_STREAMS](tenantId) : waitFor);
}

/**
 * Whether the caller may see everybody's executions in the tenant. Asked once, and no refusal when not: the caller's own
 * are theirs to see.
 */
export function seesEverybodys(platform: Platform, { principal }: AuthenticatedRequest): Promise<boolean> {
  return isAllowed(platform, principal, 'execution.read', [executionsOf(null, 'executions')]);
}
