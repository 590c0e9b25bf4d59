import { type Failure, FailureError, failure, problemOf } from '@intendant/intent-model';
import type { Logger } from '@intendant/nest-kit';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { type KnownPaths, pathOf } from './known-paths.js';
import { logFailure } from './log-failure.js';
import type { AuthenticatedRequest } from './request-context.js';

/** What is out of order for the moment and does not say for how long. */
const RETRY_AFTER_MS = 1_000;

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
    const retryAfterMs = found.retryAfterMs ?? (problem.status === 503 ? RETRY_AFTER_MS : undefined);
    if (retryAfterMs !== undefined) void reply.header('retry-after', Math.max(1, Math.ceil(retryAfterMs / 1_000)));
    if (found.code === 'method_not_allowed') void reply.header('allow', this.#methodsOf(request).join(', '));
    if (problem.status === 401) void reply.header('www-authenticate', 'Bearer');
    // A body that was not read to its end would be taken for the next request of a kept connection.
    if (!request.raw.complete) void reply.header('connection', 'close');
    void reply.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  }

  #methodsOf(request: AuthenticatedRequest): readonly string[] {
    return this.paths.methodsOf(pathOf(request.url));
  }

  #failureOf(error: unknown, request: AuthenticatedRequest): Failure {
    if (error instanceof FailureError) return error.failure;
    const ofLog = logFailure(error);
    if (ofLog?.code === 'log_corrupt') this.logger.error({ err: error }, 'the log does not verify');
    if (ofLog !== null) return ofLog;
    const status = error instanceof HttpException ? error.getStatus() : (error as { statusCode?: number }).statusCode;
    const message = (error as Error).message;
    if (status === 404 && this.#methodsOf(request).length > 0)
      return failure('method_not_allowed', `this path takes ${this.#methodsOf(request).join(', ')}`);
    if (status === 404) return failure('not_found', `no such path: ${request.method} ${request.url.split('?')[0]}`);
    if (status === 413) return failure('body_too_large', message, { field: 'body' });
    if (status === 415) return failure('unsupported_media_type', message);
    if (status !== undefined && status >= 400 && status < 500) return failure('invalid_request', message);
    if (request.raw.destroyed && !request.raw.complete)
      return failure('invalid_request', 'the client went away before its request was whole');
    this.logger.error({ err: error, correlationId: request.correlationId }, 'unforeseen error');
    return failure('internal_error', 'the request could not be served; the log of the process says why');
  }
}
