import {
  FailureError,
  failure,
  type ReplayMode,
  ReplayRequest,
  type SessionReplayMode,
  SessionReplayRequest,
} from '@intendant/intent-model';
import { readObject } from '../intake/submission.js';

/** The mode that the body of a replay names. */
export const replayModeOf = (body: Buffer | undefined): ReplayMode =>
  modeIn(body, ReplayRequest, 'events_only, state_only or full');

/** The mode that the body of a session's replay names. */
export const sessionReplayModeOf = (body: Buffer | undefined): SessionReplayMode =>
  modeIn(body, SessionReplayRequest, 'events_only or state_only');

interface Shape<M> {
  safeParse(
    value: unknown,
  ): { readonly success: true; readonly data: { readonly mode: M } } | { readonly success: false };
}

function modeIn<M>(body: Buffer | undefined, shape: Shape<M>, modes: string): M {
  const object = readObject(body ?? Buffer.from('{}'));
  if (!object.ok) throw new FailureError(object.error);
  const parsed = shape.safeParse(object.value);
  if (parsed.success) return parsed.data.mode;
  throw new FailureError(failure('invalid_request', `mode must be ${modes}`, { field: '/mode' }));
}
