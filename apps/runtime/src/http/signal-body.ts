import type { JsonObject } from '@intendant/kernel';
import { identityMismatches, withoutIdentity } from '../intake/identity-override.js';
import { readObject } from '../intake/submission.js';
import type { Platform } from '../platform/compose.js';
import { refuse } from '../signals/sent-signal.js';
import { refuseOverride } from './identity.guard.js';
import type { AuthenticatedRequest } from './request-context.js';

/** The body without identity members, which must agree with the token; nothing counts as an empty object. */
export async function signalBody(platform: Platform, request: AuthenticatedRequest): Promise<JsonObject> {
  const { principal, correlationId } = request;
  const object = readObject((request.body as Buffer | undefined) ?? Buffer.from('{}'));
  if (!object.ok) return refuse(platform, principal, correlationId, 'unknown', object.error);
  const mismatches = identityMismatches(principal, object.value, {}, {});
  if (mismatches.length > 0) return refuseOverride(platform, request, mismatches);
  return withoutIdentity(object.value);
}
