import { randomUUID } from 'node:crypto';
import { tellDecision, tellResult, tellTimeline } from './accounts.mjs';

/**
 * Submits an intent and tells everything about it: why it was allowed, what happened, what came of it.
 * @param {import('@intendant/client').IntendantClient} client
 * @param {import('@intendant/client').IntentDraft} intent
 */
export async function submitAndTell(client, intent, printer, expectations) {
  const idempotencyKey = randomUUID();
  const { execution } = await client.submit(intent, { idempotencyKey, waitS: 30 });
  const { executionId } = execution;
  printer.entry('execution', `${executionId} ${execution.status}`);
  printer.legend(executionId);
  tellDecision(printer, await client.decision(executionId));
  const { records } = await client.events(executionId, { limit: 1_000 });
  tellTimeline(printer, records);
  const outcome = await client.result(executionId);
  tellResult(printer, outcome);
  expectations.expect(outcome.status === 'completed', `${intent.intentType} is completed, not ${outcome.status}`);
  return { executionId, idempotencyKey, intent, artifact: outcome.result?.artifacts[0] };
}
