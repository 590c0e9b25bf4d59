import { FailureError, failure, type ReplayMode, ReplayRequest } from '@intendant/intent-model';
import { readObject } from '../intake/submission.js';

/** The mode that the body of a replay names. */
export function replayModeOf(body: Buffer | undefined): ReplayMode {
  const object = readObject(body ?? Buffer.from('{}'));
  if (!object.ok) throw new FailureError(object.error);
  const parsed = ReplayRequest.safeParse(object.value);
  if (parsed.success) return parsed.data.mode;
  throw new FailureError(failure('invalid_request', 'mode must be events_only or state_only', { field: '/mode' }));
}
