import { ExecutionId, OutboxEntriesReply, OutboxReply, RedriveReply } from '@intendant/intent-model';
import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { authenticated, BODY_CODES, json } from './operation.js';
import { OPERATION_POLICY_CODES } from './policy-codes.js';

const tag = 'outbox';

export const outboxPaths: ZodOpenApiPathsObject = {
  '/v1/outbox': {
    get: authenticated({
      id: 'getOutbox',
      tag,
      summary: 'How publishing of domain events fares',
      description:
        'For those whom policy allows `outbox.read`. Counts are of the whole log, dead letters of the tenant.',
      success: { 200: json('What waits, and what was given up.', OutboxReply) },
      codes: [...OPERATION_POLICY_CODES, 'read_model_unavailable'],
    }),
  },
  '/v1/outbox/entries': {
    get: authenticated({
      id: 'listOutboxEntries',
      tag,
      summary: 'The domain events of an execution, and whether they are published',
      description: 'For whoever may read the execution.',
      query: z.object({ executionId: ExecutionId }),
      success: { 200: json('All of them, in their order.', OutboxEntriesReply) },
      codes: [
        ...OPERATION_POLICY_CODES,
        'data_access_denied',
        'invalid_request',
        'not_found',
        'log_corrupt',
        'read_model_unavailable',
      ],
    }),
  },
  '/v1/outbox/dead-letters/{eventId}/redrive': {
    post: authenticated({
      id: 'redriveDeadLetter',
      tag,
      summary: 'Have a dead letter published once more',
      description: 'For those whom policy allows `outbox.redrive`. The list of dead letters says what it came to.',
      path: z.object({ eventId: z.string() }),
      success: { 202: json('It will be tried.', RedriveReply) },
      codes: [...BODY_CODES, ...OPERATION_POLICY_CODES, 'not_found', 'read_model_unavailable'],
    }),
  },
};
