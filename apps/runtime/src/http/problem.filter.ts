import { type Failure, FailureError, failure, problemOf } from '@intendant/intent-model';
import type { Logger } from '@intendant/nest-kit';
import { AppendInDoubt, Fenced, LogClosed, LogCorrupt } from '@intendant/wal';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { KnownPaths } from './known-paths.js';
import type { AuthenticatedRequest } from './request-context.js';

/** Turns whatever was thrown into `application/problem+json`; only what a {@link Failure} says reaches the caller. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly logger: Logger,
    private readonly paths: KnownPaths,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(error, http.getRequest<AuthenticatedRequest>(), http.getResponse<FastifyReply>());
  }

  answer(error: unknown, request: AuthenticatedRequest, reply: FastifyReply): void {
    const found = this.#failureOf(error, request);
    const problem = problemOf(found, request.correlationId);
    if (found.retryAfterMs !== undefined)
      void reply.header('retry-after', Math.max(1, Math.ceil(found.retryAfterMs / 1_000)));
    if (found.code === 'method_not_allowed') void reply.header('allow', this.#methodsOf(request).join(', '));
    if (problem.status === 401) void reply.header('www-authenticate', 'Bearer');
    // A body that was not read to its end would be taken for the next request of a kept connection.
    if (!request.raw.complete) void reply.header('connection', 'close');
    void reply.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  }

  #methodsOf(request: AuthenticatedRequest): readonly string[] {
    return this.paths.methodsOf(request.url.split('?')[0] ?? '');
  }

  #failureOf(error: unknown, request: AuthenticatedRequest): Failure {
    if (error instanceof FailureError) return error.failure;
    if (error instanceof AppendInDoubt)
      return failure('outcome_unknown', 'what was asked may or may not have happened; look before asking again');
    if (error instanceof LogClosed || error instanceof Fenced)
      return failure('wal_unavailable', error.message, { retryAfterMs: 1_000 });
    if (error instanceof LogCorrupt) {
      this.logger.error({ err: error }, 'the log does not verify');
      return failure('log_corrupt', error.message);
    }
    const status = error instanceof HttpException ? error.getStatus() : (error as { statusCode?: number }).statusCode;
    const message = (error as Error).message;
    if (status === 404 && this.#methodsOf(request).length > 0)
      return failure('method_not_allowed', `this path takes ${this.#methodsOf(request).join(', ')}`);
    if (status === 404) return failure('not_found', `no such path: ${request.method} ${request.url.split('?')[0]}`);
    if (status === 413) return failure('body_too_large', message, { field: 'body' });
    if (status === 415) return failure('unsupported_media_type', message);
    if (status !== undefined && status >= 400 && status < 500) return failure('invalid_request', message);
    this.logger.error({ err: error, correlationId: request.correlationId }, 'unforeseen error');
    return failure('internal_error', 'the request could not be served; the log of the process says why');
  }
}
