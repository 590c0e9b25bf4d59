import { PolicyQuestion, Session, Sha256 } from '@intendant/intent-model';
import { NO_POLICY_DIGEST } from '@intendant/policy';
import { z } from 'zod';

const QUESTIONS_MAX = 4_096;

/** Request of RPC `policy.decide`: the caller sends together what it has to ask at the moment. */
export const QuestionBatch = z.object({ questions: z.array(z.unknown()).min(1).max(QUESTIONS_MAX) });

/** A question, without a look into the session's context: no rule reads it. */
const LeanQuestion = PolicyQuestion.extend({ session: Session.extend({ context: z.any() }).nullable() });

/** The question, or undefined for what is none. */
export function questionOf(value: unknown): PolicyQuestion | undefined {
  const parsed = LeanQuestion.safeParse(value);
  return parsed.success ? (parsed.data as PolicyQuestion) : undefined;
}

const Trace = z.object({
  decisionId: z.string().max(128).catch('unknown'),
  principal: z.object({ tenantId: PolicyQuestion.shape.principal.shape.tenantId }).catch({ tenantId: 'unknown' }),
  inputDigest: Sha256.catch(NO_POLICY_DIGEST),
});

/** Something in the shape of a question that carries what can be told of a malformed one; only fit to be refused. */
export function traceOf(value: unknown): PolicyQuestion {
  const trace = Trace.safeParse(value);
  const { decisionId, principal, inputDigest } = trace.success ? trace.data : Trace.parse({});
  return {
    decisionId,
    principal: { tenantId: principal.tenantId, userId: 'unknown', roles: [], mode: 'unknown' },
    action: '',
    realm: '',
    solutionId: null,
    inputDigest,
    session: null,
    sessionRequired: true,
    references: [],
    boundary: { phase: 'none' },
    requestedExecutionMs: 1,
  };
}
