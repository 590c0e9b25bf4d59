import {
  EventsReply,
  ExecutionId,
  ExecutionReply,
  PolicyDecision,
  ReplayReply,
  ReplayRequest,
  ResultReply,
  StateReply,
  StatusReply,
  ValidationReply,
} from '@intendant/intent-model';
import { z } from 'zod';
import type { ZodOpenApiOperationObject, ZodOpenApiPathsObject } from 'zod-openapi';
import { authenticated, BODY_CODES, json, jsonBody } from './operation.js';
import { wholeNumber } from './parameters.js';
import { OPERATION_POLICY_CODES } from './policy-codes.js';

const tag = 'executions';
const path = z.object({ executionId: ExecutionId });
const EVENTS_PAGE_MAX = 1_000;

const codes = [...OPERATION_POLICY_CODES, 'data_access_denied', 'not_found', 'log_corrupt'] as const;
const auditCodes = [...OPERATION_POLICY_CODES, 'not_found', 'log_corrupt'] as const;

const read = (id: string, summary: string, description: string, schema: z.ZodType): ZodOpenApiOperationObject =>
  authenticated({ id, tag, summary, path, success: { 200: json(description, schema) }, codes });

const events = authenticated({
  id: 'readEvents',
  tag,
  summary: 'Read or follow the records of an execution',
  description:
    'A page as JSON. With an `Accept` that prefers `text/event-stream`, every record as it becomes durable until the execution settles: ' +
    '`id:` is its seq, `event:` its type, `data:` the record.',
  path,
  query: z.object({
    after: wholeNumber('Seq of the last record already seen.', 0, Number.MAX_SAFE_INTEGER, 0).optional(),
    limit: wholeNumber('Records of a page.', 1, EVENTS_PAGE_MAX, 100).optional(),
  }),
  header: {
    'last-event-id': wholeNumber('Like `after`, and before it.', 0, Number.MAX_SAFE_INTEGER).optional(),
  },
  success: {
    200: {
      description: 'Records in the order of the log.',
      content: {
        'application/json': { schema: EventsReply },
        'text/event-stream': { schema: z.string() },
      },
    },
  },
  codes: [...codes, 'invalid_request'],
});

export const executionPaths: ZodOpenApiPathsObject = {
  '/v1/executions/{executionId}': {
    get: read('getExecution', 'Read an execution', 'Status, times and steps.', ExecutionReply),
  },
  '/v1/executions/{executionId}/status': {
    get: read('getStatus', 'Read how far an execution is', 'Status and steps.', StatusReply),
  },
  '/v1/executions/{executionId}/state': {
    get: read('getState', 'Read the state that the records fold to', 'The state and its digest.', StateReply),
  },
  '/v1/executions/{executionId}/result': {
    get: read('getResult', 'Read the outcome', 'The outcome; `result` is null before completion.', ResultReply),
  },
  '/v1/executions/{executionId}/decision': {
    get: read('getDecision', 'Read the policy decision it runs under', 'The decision as recorded.', PolicyDecision),
  },
  '/v1/executions/{executionId}/events': { get: events },
  '/v1/executions/{executionId}/replay': {
    post: authenticated({
      id: 'replayExecution',
      tag,
      summary: 'Replay an execution from the log, or run its handlers again in isolation',
      description: 'Recorded in the tenant’s audit stream; nothing else is changed.',
      path,
      body: jsonBody(ReplayRequest),
      success: {
        200: json('The records, the state compared with the live one, or every handler run again.', ReplayReply),
      },
      codes: [...BODY_CODES, ...auditCodes],
    }),
  },
  '/v1/executions/{executionId}/validate': {
    post: authenticated({
      id: 'validateExecution',
      tag,
      summary: 'Check an execution from its log alone',
      path,
      success: { 200: json('The report; `valid` says whether every check passed.', ValidationReply) },
      codes: [...BODY_CODES, ...auditCodes],
    }),
  },
};
