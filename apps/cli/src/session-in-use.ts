import { type IntendantClient, ProblemError } from '@intendant/client';
import type { Invocation } from './invocation.js';

/** The session to submit in: the one given, the one remembered if it is still open, or a new one. */
export async function sessionInUse(run: Invocation, given: string | undefined): Promise<string> {
  if (given !== undefined) return given;
  const client = await run.client();
  const memory = await run.memory();
  const { sessionId } = memory;
  if (sessionId !== undefined && (await isOpen(client, sessionId))) return sessionId;
  const opened = await client.openSession({ channel: 'cli' });
  const isKept = memory.rememberSession(opened.sessionId);
  const further = isKept ? `kept for further commands in ${memory.file}` : `for --session of further commands`;
  run.note(`opened session ${opened.sessionId}, ${further}`);
  return opened.sessionId;
}

async function isOpen(client: IntendantClient, sessionId: string): Promise<boolean> {
  try {
    return (await client.getSession(sessionId)).status === 'active';
  } catch (failure) {
    if (failure instanceof ProblemError && failure.code === 'not_found') return false;
    throw failure;
  }
}
