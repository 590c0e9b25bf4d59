import type { ExecutionState } from '@intendant/execution';
import {
  FailureError,
  failure,
  type JudgedReference,
  type PolicyDecision,
  type Principal,
  type Session,
} from '@intendant/intent-model';
import { digestOf } from '@intendant/kernel';
import { deniedFailure } from '../intake/intake.js';
import type { Platform } from '../platform/compose.js';
import { requireOwnTenant } from './own-tenant.js';

/**
 * Asks policy for an operation that is no intent; throws the recorded refusal when it is not allowed. `input` is what the
 * decision is about, by digest; `about` names it in the detail of the
 * refusal, `targetId` in its record.
 */
export async function authorise(
  platform: Platform,
  principal: Principal,
  correlationId: string,
  action: string,
  input: unknown,
  more: { session?: Session | null; references?: JudgedReference[]; about?: string; targetId?: string } = {},
): Promise<PolicyDecision> {
  const question = platform.questions.forOperation(principal, action, digestOf(input), more);
  let found: ReturnType<typeof failure>;
  let decision: PolicyDecision | undefined;
  try {
    decision = await platform.policy.decide(question);
    if (decision.effect === 'allow') return decision;
    found = deniedFailure(decision);
  } catch (error) {
    if (!(error instanceof FailureError)) throw error;
    found = error.failure;
  }
  if (more.about !== undefined) found = { ...found, detail: `${more.about}: ${found.detail}` };
  const refusalId = await platform.refusals.record({
    principal,
    found,
    correlationId,
    sessionId: null,
    asked: { action, ...(more.targetId !== undefined && { targetId: more.targetId }) },
    ...(decision && { decision }),
  });
  throw new FailureError({ ...found, extra: { ...found.extra, ...(refusalId === null ? {} : { refusalId }) } });
}

/** Whether policy allows an operation; unlike {@link authorise} a denial is no refusal, for something less is shown then. */
export async function isAllowed(
  platform: Platform,
  principal: Principal,
  action: string,
  references: JudgedReference[] = [],
): Promise<boolean> {
  try {
    const question = platform.questions.forOperation(principal, action, digestOf({ action }), { references });
    return (await platform.policy.decide(question)).effect === 'allow';
  } catch (error) {
    if (error instanceof FailureError) return false;
    throw error;
  }
}

/**
 * The execution, if this caller may see it: its own user may; others of the tenant need `execution.read`. Another
 * tenant's id and a missing one answer alike.
 */
export async function readableExecution(
  platform: Platform,
  principal: Principal,
  correlationId: string,
  executionId: string,
): Promise<ExecutionState> {
  await requireOwnTenant(platform, principal, 'execution', executionId);
  const state = await platform.supervisor.read(executionId);
  if (state === undefined || state.intent?.tenantId !== principal.tenantId)
    throw new FailureError(failure('not_found', 'no such execution'));
  if (state.intent.userId !== principal.userId) {
    const references = [executionsOf(state.intent.userId, executionId)];
    const more = { references, targetId: executionId };
    await authorise(platform, principal, correlationId, 'execution.read', { executionId }, more);
  }
  return state;
}

/**
 * Executions as something the Data Steward judges: their user's own, others' by rule. Null stands for everybody's: it is
 * nobody's own.
 */
export const executionsOf = (ownerUserId: string | null, reference: string): JudgedReference => ({
  pointer: '/executionId',
  reference,
  found: true,
  ownerUserId,
  resourceClass: 'execution',
  grantedTo: [],
});
