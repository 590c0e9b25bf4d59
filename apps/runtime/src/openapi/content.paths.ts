import { ContentDescriptor, Sha256 } from '@intendant/intent-model';
import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { authenticated, json } from './operation.js';
import { OPERATION_POLICY_CODES } from './policy-codes.js';

const tag = 'content';

export const contentPaths: ZodOpenApiPathsObject = {
  '/v1/content': {
    post: authenticated({
      id: 'stageContent',
      tag,
      summary: 'Put bytes where intents can refer to them',
      description: 'The body is taken as it is, whatever its type. Answered once the bytes are durable.',
      query: z.object({ sha256: Sha256.optional().meta({ description: 'What the bytes must have.' }) }),
      header: {
        'content-digest': z.string().optional().meta({ description: 'The same as `sha-256=:<base64>:` (RFC 9530).' }),
      },
      body: { required: true, content: { '*/*': { schema: {} } } },
      success: { 201: json('The reference to use in payloads.', ContentDescriptor) },
      codes: [
        ...OPERATION_POLICY_CODES,
        'invalid_request',
        'unsupported_media_type',
        'digest_mismatch',
        'content_too_large',
        'content_quota_exceeded',
        'storage_low',
      ],
    }),
  },
  '/v1/content/{sha256}': {
    get: authenticated({
      id: 'readContent',
      tag,
      summary: 'Read bytes',
      path: z.object({ sha256: Sha256 }),
      header: {
        'if-none-match': z.string().optional().meta({ description: 'The `ETag` of an earlier answer (RFC 9110).' }),
      },
      success: {
        200: {
          description: 'The bytes. A transfer that is cut off before its length: what is kept was damaged.',
          headers: z.object({ etag: z.string().meta({ description: 'The digest, as a strong entity tag.' }) }),
          content: { 'application/octet-stream': { schema: {} } },
        },
        304: { description: 'The caller, who may still read them, has these bytes.' },
      },
      codes: [...OPERATION_POLICY_CODES, 'data_access_denied', 'content_not_found', 'content_corrupt'],
    }),
  },
};
