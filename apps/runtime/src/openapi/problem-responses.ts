import { ERROR_CATALOGUE, type ErrorCode } from '@intendant/intent-model';
import type { ZodOpenApiResponseObject } from 'zod-openapi';

const RETRY_AFTER = {
  'retry-after': { description: 'Seconds to wait, when known.', schema: { type: 'integer' } },
} as const;
const CHALLENGE = { 'www-authenticate': { description: 'The scheme to use.', schema: { const: 'Bearer' } } } as const;

/** Problem documents of these codes, by status; each names the codes that its status can stand for. */
export function problems(codes: readonly ErrorCode[]): Record<string, ZodOpenApiResponseObject> {
  const distinct = [...new Set(codes)].sort();
  const statuses = [...new Set(distinct.map(statusOf))].sort((one, other) => one - other);
  return Object.fromEntries(
    statuses.map((status) => [
      String(status),
      problem(
        status,
        distinct.filter((code) => statusOf(code) === status),
      ),
    ]),
  );
}

const statusOf = (code: ErrorCode): number => ERROR_CATALOGUE[code].status;

const problem = (status: number, codes: readonly ErrorCode[]): ZodOpenApiResponseObject => ({
  description: codes.map((code) => `\`${code}\`: ${ERROR_CATALOGUE[code].title}.`).join('\n\n'),
  content: {
    'application/problem+json': {
      schema: {
        allOf: [
          { $ref: '#/components/schemas/Problem' },
          { type: 'object', properties: { status: { const: status }, code: { enum: [...codes] } } },
        ],
      },
    },
  },
  ...(status === 401 && { headers: CHALLENGE }),
  ...((status === 429 || status === 503) && { headers: RETRY_AFTER }),
});
