import { type Failure, FailureError, failure } from '@intendant/intent-model';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { hasBody } from '../link/exchange.js';
import type { Platform } from '../platform/compose.js';
import { readAllHeaders } from './framework-problems.js';
import type { KnownPaths } from './known-paths.js';
import { ProblemFilter } from './problem.filter.js';
import type { AuthenticatedRequest } from './request-context.js';

/** Their bodies mean nothing (RFC 9110, 9.3). */
const WITHOUT_BODY = new Set(['GET', 'HEAD', 'DELETE']);

/** What one replica and the next could read differently is refused, whoever would answer it. */
export function refuseAmbiguousRequests(server: FastifyInstance, platform: Platform, paths: KnownPaths): void {
  const problems = new ProblemFilter(platform.logger, paths);
  readAllHeaders(server.server);
  server.addHook('onRequest', (raw, reply, done) => {
    const found = ambiguityOf(raw);
    if (found === null) return done();
    const request = raw as AuthenticatedRequest;
    request.correlationId = platform.ids.nextUuid();
    problems.answer(new FailureError(found), request, reply);
  });
}

function ambiguityOf({ url, method, headers, raw, is404 }: FastifyRequest): Failure | null {
  if (!url.startsWith('/'))
    return failure('invalid_request', 'the target must be a path, without scheme and host', { field: 'path' });
  if (raw.httpVersion === '1.1' && headers.host === undefined)
    return failure('invalid_request', 'HTTP/1.1 needs a Host', { field: 'header host' });
  // what no route takes goes to nobody else, and its answer is that there is none
  if (is404 || !hasBody(raw)) return null;
  const coding = headers['transfer-encoding'];
  if (WITHOUT_BODY.has(method)) {
    const field = coding === undefined ? 'content-length' : 'transfer-encoding';
    return failure('invalid_request', `${method} takes no body`, { field: `header ${field}` });
  }
  // Node takes off the chunks and nothing else: what was compressed on the way would be kept so
  if (coding === undefined || coding.toLowerCase() === 'chunked') return null;
  return failure('unsupported_media_type', 'send the body as it is', { field: 'header transfer-encoding' });
}
