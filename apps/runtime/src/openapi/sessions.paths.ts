import { Session, SessionId, SessionOpen, SessionReplayReply, SessionReplayRequest } from '@intendant/intent-model';
import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { authenticated, BODY_CODES, json, jsonBody, optionalJsonBody } from './operation.js';
import { OPERATION_POLICY_CODES } from './policy-codes.js';

const tag = 'sessions';
const path = z.object({ sessionId: SessionId });

export const sessionPaths: ZodOpenApiPathsObject = {
  '/v1/sessions': {
    post: authenticated({
      id: 'openSession',
      tag,
      summary: 'Open a session',
      body: optionalJsonBody(SessionOpen),
      success: { 201: json('The session.', Session) },
      codes: [...BODY_CODES, ...OPERATION_POLICY_CODES, 'storage_low'],
    }),
  },
  '/v1/sessions/{sessionId}': {
    get: authenticated({
      id: 'getSession',
      tag,
      summary: 'Read a session of one’s own',
      path,
      success: { 200: json('The session.', Session) },
      codes: ['not_found', 'log_corrupt'],
    }),
    delete: authenticated({
      id: 'closeSession',
      tag,
      summary: 'Close a session',
      description: 'Closing a closed session changes nothing. What runs in it goes on.',
      path,
      success: { 200: json('The session, closed.', Session) },
      codes: [...OPERATION_POLICY_CODES, 'not_found', 'log_corrupt'],
    }),
  },
  '/v1/sessions/{sessionId}/replay': {
    post: authenticated({
      id: 'replaySession',
      tag,
      summary: 'Replay everything that happened in a session, from the log',
      description: 'Recorded in the tenant’s audit stream; nothing else is changed.',
      path,
      body: jsonBody(SessionReplayRequest),
      success: { 200: json('The replay of each stream, and what was found wrong.', SessionReplayReply) },
      codes: [...BODY_CODES, ...OPERATION_POLICY_CODES, 'not_found', 'read_model_unavailable', 'log_corrupt'],
    }),
  },
};
