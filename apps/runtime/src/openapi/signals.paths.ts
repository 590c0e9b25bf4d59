import { ExecutionId, SignalReply, SignalSubmission, SignalsReply, SignalView } from '@intendant/intent-model';
import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { authenticated, BODY_CODES, json, jsonBody } from './operation.js';
import { INTENT_POLICY_CODES, OPERATION_POLICY_CODES } from './policy-codes.js';

const tag = 'signals';
const path = z.object({ executionId: ExecutionId });

/** What a signal can be refused with, besides what policy says. */
export const SIGNAL_CODES = [
  ...BODY_CODES,
  ...OPERATION_POLICY_CODES,
  'data_access_denied',
  'not_found',
  'signal_invalid_payload',
  'authz_reason_required',
  'signal_duplicate',
  'signal_not_applicable',
  'run_terminal',
  'step_not_found',
  'step_terminal',
  'step_not_terminal',
  'step_not_unknown',
  'step_started',
  'pivot_passed',
  'approval_not_open',
  'approval_of_own_intent',
  'shutting_down',
  'log_corrupt',
] as const;

export const repeatedHeader = {
  'idempotent-replayed': z
    .literal('true')
    .optional()
    .meta({ description: 'The signal was known: nothing happened now.' }),
};

const readCodes = [...OPERATION_POLICY_CODES, 'data_access_denied', 'not_found', 'log_corrupt'] as const;

export const signalPaths: ZodOpenApiPathsObject = {
  '/v1/executions/{executionId}/signals': {
    post: authenticated({
      id: 'sendSignal',
      tag,
      summary: 'Move an execution from outside',
      description:
        'Decided by Smart City as `signal.<type>`, recorded with the decision, then applied. The same `signalId` again is ' +
        'answered again and has no second effect.',
      path,
      body: jsonBody(SignalSubmission),
      success: { 200: json('Recorded and applied.', SignalReply, repeatedHeader) },
      // retry_execution submits an intent
      codes: [
        ...SIGNAL_CODES,
        ...INTENT_POLICY_CODES,
        'capability_not_found',
        'capability_unavailable',
        'invalid_payload',
        'overloaded',
        'storage_low',
        'idempotency_key_reused',
      ],
    }),
    get: authenticated({
      id: 'listSignals',
      tag,
      summary: 'Read the signals of an execution, oldest first',
      path,
      success: { 200: json('What was decided and applied.', SignalsReply) },
      codes: readCodes,
    }),
  },
  '/v1/executions/{executionId}/signals/{signalId}': {
    get: authenticated({
      id: 'getSignal',
      tag,
      summary: 'Read one signal, by its id or by that of its decision',
      path: path.extend({ signalId: z.string() }),
      success: { 200: json('The signal.', SignalView) },
      codes: [...readCodes, 'signal_not_found'],
    }),
  },
};
