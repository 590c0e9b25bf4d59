import { FailureError, failure } from '@intendant/intent-model';
import { pointerOf } from '@intendant/kernel';
import { readObject } from '../intake/submission.js';

/** Throws for a body that says something, where none is read; an empty object says nothing. */
export function requireNoBody(body: unknown): void {
  const object = readObject((body as Buffer | undefined) ?? Buffer.from('{}'));
  if (!object.ok) throw new FailureError(object.error);
  const [member] = Object.keys(object.value);
  if (member !== undefined)
    throw new FailureError(failure('invalid_request', 'no body is taken here', { field: pointerOf([member]) }));
}
