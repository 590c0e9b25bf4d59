import {
  BriefSignal,
  ExecutionId,
  ReplayReply,
  ReplayRequest,
  SagaReply,
  SignalReply,
  StepResolution,
  StuckReply,
} from '@intendant/intent-model';
import { z } from 'zod';
import type { ZodOpenApiOperationObject, ZodOpenApiPathsObject } from 'zod-openapi';
import { StuckQuery } from '../read-model/list-parameters.js';
import { authenticated, BODY_CODES, json, jsonBody, optionalJsonBody } from './operation.js';
import { OPERATION_POLICY_CODES } from './policy-codes.js';
import { repeatedHeader, SIGNAL_CODES } from './signals.paths.js';

const tag = 'sagas';
const path = z.object({ executionId: ExecutionId });
const stepPath = path.extend({ stepId: z.string() });

const key = {
  'idempotency-key': z.string().optional().meta({ description: 'Names the signal, unless the body does.' }),
};

/** Another form of a signal. */
const action = (
  id: string,
  summary: string,
  body: ZodOpenApiOperationObject['requestBody'],
  of: z.ZodObject = path,
): ZodOpenApiOperationObject =>
  authenticated({
    id,
    tag,
    summary,
    path: of,
    header: key,
    body,
    success: { 200: json('Recorded and applied.', SignalReply, repeatedHeader) },
    codes: SIGNAL_CODES,
  });

const brief = optionalJsonBody(BriefSignal);

export const sagaPaths: ZodOpenApiPathsObject = {
  '/v1/sagas/stuck': {
    get: authenticated({
      id: 'listStuck',
      tag,
      summary: 'List executions that need a person, with owner and reason',
      description: 'The tenant’s for those whom policy allows `execution.read`, else the caller’s own.',
      query: StuckQuery,
      success: {
        200: json('A page.', StuckReply, {
          'x-read-model-lag': z.coerce.number().meta({
            description: 'Entries of the log that this answer does not know of yet.',
            override: { type: 'integer', minimum: 0 },
          }),
        }),
      },
      codes: ['invalid_request', 'not_found', 'read_model_unavailable', 'log_corrupt'],
    }),
  },
  '/v1/sagas/{executionId}': {
    get: authenticated({
      id: 'getSaga',
      tag,
      summary: 'Read the ledger of an execution: its steps and their undo',
      path,
      success: { 200: json('The ledger.', SagaReply) },
      codes: [...OPERATION_POLICY_CODES, 'data_access_denied', 'not_found', 'log_corrupt'],
    }),
  },
  '/v1/sagas/{executionId}/compensate': {
    post: action('compensateSaga', 'Turn round: undo what was done', jsonBody(BriefSignal)),
  },
  '/v1/sagas/{executionId}/claim': {
    post: action('claimSaga', 'Say that one takes care of a stuck or paused execution', brief),
  },
  '/v1/sagas/{executionId}/steps/{stepId}/retry': {
    post: action('retryStep', 'Try a failed step, or its failed undo, once more', brief, stepPath),
  },
  '/v1/sagas/{executionId}/steps/{stepId}/skip': {
    post: action('skipStep', 'Leave a step, or its failed undo, out', brief, stepPath),
  },
  '/v1/sagas/{executionId}/steps/{stepId}/resolve': {
    post: action('resolveStep', 'Say how a step of unknown outcome ended', jsonBody(StepResolution), stepPath),
  },
  '/v1/sagas/{executionId}/replay': {
    post: authenticated({
      id: 'replaySaga',
      tag,
      summary: 'Replay an execution from the log, or run its handlers again in isolation',
      description: 'Recorded in the tenant’s audit stream; nothing else is changed.',
      path,
      body: jsonBody(ReplayRequest),
      success: {
        200: json('The records, the state compared with the live one, or every handler run again.', ReplayReply),
      },
      codes: [...BODY_CODES, ...OPERATION_POLICY_CODES, 'not_found', 'log_corrupt'],
    }),
  },
};
