import { FailureError, failure } from '@intendant/intent-model';
import { createLogger } from '@intendant/nest-kit';
import { expect, it } from '@jest/globals';
import fastify from 'fastify';
import { KnownPaths } from './known-paths.js';
import { ProblemFilter } from './problem.filter.js';
import type { AuthenticatedRequest } from './request-context.js';

it.each([
  ['503 that does not say when', failure('policy_unavailable', 'x'), '1'],
  ['503 that says when', failure('partition_unavailable', 'x', { retryAfterMs: 2_500 }), '3'],
  ['refusal that no time mends', failure('not_found', 'x'), undefined],
])('a %s: Retry-After', async (_what, found, seconds) => {
  const server = fastify();
  const problems = new ProblemFilter(createLogger('spec', 'fatal'), new KnownPaths());
  server.get('/', (request, reply) => problems.answer(new FailureError(found), request as AuthenticatedRequest, reply));
  const { headers } = await server.inject('/');
  expect(headers['retry-after']).toBe(seconds);
  await server.close();
});
