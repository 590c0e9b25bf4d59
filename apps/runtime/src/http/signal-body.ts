import type { JsonObject } from '@intendant/kernel';
import { withoutIdentity } from '../intake/identity-override.js';
import { readObject } from '../intake/submission.js';
import type { Platform } from '../platform/compose.js';
import { refuse } from '../signals/sent-signal.js';
import type { AuthenticatedRequest } from './request-context.js';

/** The body without the identity members, which the guard has checked; nothing counts as an empty object. */
export async function signalBody(platform: Platform, request: AuthenticatedRequest): Promise<JsonObject> {
  const { principal, correlationId } = request;
  const object = readObject((request.body as Buffer | undefined) ?? Buffer.from('{}'));
  if (!object.ok) return refuse(platform, principal, correlationId, 'unknown', object.error);
  return withoutIdentity(object.value);
}
