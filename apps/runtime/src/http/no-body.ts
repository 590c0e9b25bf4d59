import { FailureError, failure } from '@intendant/intent-model';
import { pointerOf } from '@intendant/kernel';
import { withoutIdentity } from '../intake/identity-override.js';
import { readObject } from '../intake/submission.js';

/** Throws for a body that says something, where none is read; an empty object says nothing, nor does who asks. */
export function requireNoBody(body: unknown): void {
  const object = readObject((body as Buffer | undefined) ?? Buffer.from('{}'));
  if (!object.ok) throw new FailureError(object.error);
  const [member] = Object.keys(withoutIdentity(object.value));
  if (member !== undefined)
    throw new FailureError(failure('invalid_request', 'no body is taken here', { field: pointerOf([member]) }));
}
