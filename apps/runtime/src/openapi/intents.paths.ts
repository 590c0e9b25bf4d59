import { type ErrorCode, IdempotencyKey, IntentSubmission, JudgementReply, ResultReply } from '@intendant/intent-model';
import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { authenticated, BODY_CODES, json, jsonBody } from './operation.js';
import { INTENT_POLICY_CODES } from './policy-codes.js';

const tag = 'intents';

const idempotencyKey = IdempotencyKey.optional().meta({
  description: 'Names this submission: the same key with the same intent gives the same execution, for ever.',
});
const prefer = z
  .string()
  .optional()
  .meta({ description: '`wait=N`: wait up to N seconds, at most 60, for the end (RFC 7240).', examples: ['wait=10'] });
const traceparent = z.string().optional().meta({ description: 'W3C Trace Context; recorded, and handed on.' });

const submitted = {
  location: z.string().meta({ description: 'The execution.' }),
  'idempotent-replayed': z
    .literal('true')
    .optional()
    .meta({ description: 'The key was known: nothing new was started.' }),
  'preference-applied': z.string().optional().meta({ description: 'The wait that was granted.' }),
};

const codes: readonly ErrorCode[] = [...BODY_CODES, ...INTENT_POLICY_CODES];

export const intentPaths: ZodOpenApiPathsObject = {
  '/v1/intents': {
    post: authenticated({
      id: 'submitIntent',
      tag,
      summary: 'Submit an intent',
      description: 'An answer other than a problem means that the acceptance is durable.',
      header: { 'idempotency-key': idempotencyKey, prefer, traceparent },
      body: jsonBody(IntentSubmission),
      success: {
        200: json('The execution has settled within the wait.', ResultReply, submitted),
        202: json('Accepted; the execution goes on.', ResultReply, submitted),
      },
      codes: [
        ...codes,
        'invalid_payload',
        'idempotency_key_reused',
        'capability_not_found',
        'capability_unavailable',
        'not_found',
        'storage_low',
        'overloaded',
        'shutting_down',
        'log_corrupt',
      ],
    }),
  },
  '/v1/intents/validate': {
    post: authenticated({
      id: 'validateIntent',
      tag,
      summary: 'Say what would become of an intent',
      description: 'Asks policy and registry and checks the payload. Accepts nothing.',
      body: jsonBody(IntentSubmission),
      success: { 200: json('The judgement.', JudgementReply) },
      codes,
    }),
  },
};
