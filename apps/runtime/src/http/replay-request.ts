import {
  FailureError,
  failure,
  type ReplayMode,
  ReplayRequest,
  type SessionReplayMode,
  SessionReplayRequest,
} from '@intendant/intent-model';
import { pointerOf } from '@intendant/kernel';
import type { z } from 'zod';
import { withoutIdentity } from '../intake/identity-override.js';
import { readObject } from '../intake/submission.js';

/** Its mode is how to replay, not the caller's. */
export const REPLAY_MEMBERS = ['mode'];

/** The mode that the body of a replay names. */
export const replayModeOf = (body: Buffer | undefined): ReplayMode =>
  modeIn(body, ReplayRequest, 'events_only, state_only or full');

/** The mode that the body of a session's replay names. */
export const sessionReplayModeOf = (body: Buffer | undefined): SessionReplayMode =>
  modeIn(body, SessionReplayRequest, 'events_only or state_only');

function modeIn<M>(body: Buffer | undefined, shape: z.ZodType<{ mode: M }>, modes: string): M {
  const object = readObject(body ?? Buffer.from('{}'));
  if (!object.ok) throw new FailureError(object.error);
  const parsed = shape.safeParse(withoutIdentity(object.value, REPLAY_MEMBERS));
  if (parsed.success) return parsed.data.mode;
  const [issue] = parsed.error.issues;
  if (issue?.code !== 'unrecognized_keys')
    throw new FailureError(failure('invalid_request', `mode must be ${modes}`, { field: '/mode' }));
  throw new FailureError(failure('invalid_request', issue.message, { field: pointerOf(issue.keys.slice(0, 1)) }));
}
