import { RefusalReply, RefusalsReply } from '@intendant/intent-model';
import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { authenticated, json } from './operation.js';
import { wholeNumber } from './parameters.js';
import { OPERATION_POLICY_CODES } from './policy-codes.js';

const tag = 'refusals';
const PAGE_MAX = 200;

export const refusalPaths: ZodOpenApiPathsObject = {
  '/v1/refusals': {
    get: authenticated({
      id: 'listRefusals',
      tag,
      summary: 'List what was refused, newest first',
      description:
        'In the tenant for those whom policy allows `refusal.read`, else one’s own. A page can be short, even empty: the list goes on while there is a `nextBefore`.',
      query: z.object({
        before: wholeNumber('`nextBefore` of the page before.', 1, Number.MAX_SAFE_INTEGER).optional(),
        limit: wholeNumber('Refusals of a page.', 1, PAGE_MAX, 50).optional(),
      }),
      success: { 200: json('A page.', RefusalsReply) },
      codes: ['log_corrupt'],
    }),
  },
  '/v1/refusals/{refusalId}': {
    get: authenticated({
      id: 'getRefusal',
      tag,
      summary: 'Read a refusal with its records',
      description: 'One’s own, or anybody’s of the tenant for those whom policy allows `refusal.read`.',
      path: z.object({ refusalId: z.string() }),
      success: { 200: json('The refusal.', RefusalReply) },
      codes: [...OPERATION_POLICY_CODES, 'not_found', 'log_corrupt'],
    }),
  },
};
