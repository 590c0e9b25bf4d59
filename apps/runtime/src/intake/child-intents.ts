import type { ExecutionState, OpenChild } from '@intendant/execution';
import { ERROR_CATALOGUE, FailureError, type Intent, type Principal, type StepError } from '@intendant/intent-model';
import { digestOf } from '@intendant/kernel';
import type { ChildExecutions, Supervisor } from '@intendant/partition';
import type { Intake } from './intake.js';
import type { Submission } from './submission.js';

/** Children of sagas as code: intents of the same user in the same session, each with a decision of its own. */
export class ChildIntents implements ChildExecutions {
  constructor(
    private readonly intake: Intake,
    private readonly supervisor: Supervisor,
  ) {}

  /** Rejects while nobody can say; a refusal that would be the same tomorrow is an answer. */
  async ensure(parent: ExecutionState, childId: string, child: OpenChild): ReturnType<ChildExecutions['ensure']> {
    if ((await this.supervisor.read(childId)) !== undefined) return { kind: 'accepted' };
    const intent = parent.intent as Intent;
    const { tenantId, userId, roles, mode } = intent;
    const principal: Principal = { tenantId, userId, roles, mode };
    try {
      await this.intake.submitChild(principal, submissionOf(intent, parent.executionId, child), childId);
      return { kind: 'accepted' };
    } catch (error) {
      if (!(error instanceof FailureError)) throw error;
      const { code, detail } = error.failure;
      if (ERROR_CATALOGUE[code].status >= 500 || ERROR_CATALOGUE[code].status === 429) throw error;
      const refused: StepError = { code, message: detail, retryable: false, details: null };
      return { kind: 'rejected', error: refused };
    }
  }
}

function submissionOf(intent: Intent, parentExecutionId: string, child: OpenChild): Submission {
  const { intentType } = child;
  const payload = child.payload as Intent['payload'];
  const payloadDigest = digestOf(payload);
  const { sessionId, correlationId } = intent;
  const traceparent = intent.metadata['traceparent'];
  return {
    intentType,
    sessionId,
    payload,
    payloadDigest,
    fingerprint: digestOf([intentType, sessionId, payloadDigest, null, null]),
    keyDigest: null,
    idempotencyKey: null,
    correlationId,
    traceparent: typeof traceparent === 'string' ? traceparent : null,
    body: { intentType, sessionId, payload, metadata: { source: 'saga', parentExecutionId } },
  };
}
