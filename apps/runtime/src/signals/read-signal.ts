import { type Failure, failure, SIGNAL_TYPES, SignalSubmission } from '@intendant/intent-model';
import { err, type JsonObject, ok, pointerOf, type Result } from '@intendant/kernel';
import type { z } from 'zod';

/** A signal of the shape of its type; names the first place that is not. */
export function readSignal(body: JsonObject): Result<SignalSubmission, Failure> {
  const parsed = SignalSubmission.safeParse(body);
  if (parsed.success) return ok(parsed.data);
  return err(malformed(parsed.error));
}

/** What a schema found first, at its place; of a member that is too many, the member. */
export function malformed({ issues: [issue] }: z.ZodError): Failure {
  const extra = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  const field = pointerOf([...((issue?.path ?? []) as (string | number)[]), ...extra]);
  return failure('signal_invalid_payload', issue?.message ?? 'malformed', { field });
}

/** The type a body claims, as far as it is one: for counting what was refused. */
export const typeClaimedBy = (body: JsonObject): string =>
  SIGNAL_TYPES.find((type) => type === body['signalType']) ?? 'unknown';
