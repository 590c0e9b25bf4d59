import { FailureError, failure } from '@intendant/intent-model';
import { createLogger } from '@intendant/nest-kit';
import { expect, it } from '@jest/globals';
import { NotFoundException } from '@nestjs/common';
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

it.each(['/v1/things', '/v1/%74hings?x=%', '/v1/things#x'])(
  'a method that a path does not take is told, however the path is spelled: %s',
  async (url) => {
    const server = fastify();
    const paths = new KnownPaths();
    paths.add('GET', '/v1/things');
    const problems = new ProblemFilter(createLogger('spec', 'fatal'), paths);
    const request = { url, method: 'PUT', raw: { complete: true } } as AuthenticatedRequest;
    server.get('/', (_request, reply) => problems.answer(new NotFoundException(), request, reply));
    const answer = await server.inject('/');
    expect([answer.statusCode, answer.headers['allow']]).toEqual([405, 'GET']);
    await server.close();
  },
);
