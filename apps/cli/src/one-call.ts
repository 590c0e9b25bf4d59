import { randomUUID } from 'node:crypto';
import { InvalidArgument, ProblemError } from '@intendant/client';
import { Exit, exitOfStatus } from './exit-codes.js';
import type { Invocation } from './invocation.js';

/**
 * Does work that has a name by which the server knows a repetition, a fresh one unless given. When it fails so that what
 * came of it is unknown, the name is told: the command without it would do everything a second time.
 */
export async function asOneCall<T>(
  run: Invocation,
  option: '--key' | '--id',
  given: string | undefined,
  work: (name: string) => Promise<T>,
): Promise<T> {
  const name = given ?? randomUUID();
  try {
    return await work(name);
  } catch (failure) {
    if (given === undefined && isInDoubt(failure))
      run.note(`this may have been accepted; to ask again and not do it twice, add ${option} ${name}`);
    throw failure;
  }
}

/** A refusal says that nothing came of it; everything else, a lost connection before all, leaves that open. */
function isInDoubt(failure: unknown): boolean {
  if (!(failure instanceof ProblemError)) return !(failure instanceof InvalidArgument);
  const exit = exitOfStatus(failure.status);
  return exit === Exit.unavailable || exit === Exit.unexpected;
}
