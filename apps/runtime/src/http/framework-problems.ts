import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type Failure, failure, type Problem, problemOf } from '@intendant/intent-model';
import type { FastifyError, FastifyReply } from 'fastify';

/** Requests that Fastify and Node refuse before a route is found get the same form of answer as every other. */
export const frameworkProblems = {
  frameworkErrors: answerUnroutable,
  clientErrorHandler: answerUnreadable,
  // Node would answer without a word; `refuseAmbiguousRequests` says what is missing
  http: { requireHostHeader: false },
};

function answerUnroutable(error: FastifyError, _request: unknown, reply: FastifyReply): void {
  const isOurs = (error.statusCode ?? 500) >= 500;
  const problem = problemOf(isOurs ? failure('internal_error', 'the request could not be routed') : pathFailure(error));
  void reply.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
}

const pathFailure = ({ code }: FastifyError): Failure =>
  failure(
    'invalid_request',
    code === 'FST_ERR_MAX_PARAM_LENGTH' ? 'a part of the path is too long' : 'the path is not valid percent-encoding',
    { field: 'path' },
  );

/** Node drops what comes after the first 1,000 headers, without a word; how many bytes they may have is limited anyway. */
export const readAllHeaders = (server: Server): void => {
  server.maxHeadersCount = 0;
};

/** An `Expect` that HTTP does not know, which Node would answer without a word. */
export const answerUnmetExpectations = (server: Server): void =>
  void server.on('checkExpectation', ({ headers }: IncomingMessage, response: ServerResponse) => {
    const detail = `nothing here can meet it: ${String(headers.expect).slice(0, 64)}`;
    const problem = problemOf(failure('invalid_request', detail, { field: 'header expect' }));
    const text = JSON.stringify(problem);
    response.writeHead(problem.status, {
      'content-type': 'application/problem+json',
      'content-length': Buffer.byteLength(text),
      // its body was not read
      connection: 'close',
    });
    response.end(text);
  });

/** What is not HTTP has no request to answer: the answer is written to the connection, which is closed. */
function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (!socket.writable) return void socket.destroy(error);
  const text = JSON.stringify(unreadableProblem(error.code));
  socket.end(
    `HTTP/1.1 400 Bad Request\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n` +
      `connection: close\r\n\r\n${text}`,
    () => socket.destroy(),
  );
}

function unreadableProblem(code: string | undefined): Problem {
  if (code === 'HPE_HEADER_OVERFLOW')
    return problemOf(failure('invalid_request', 'path and headers together are too large', { field: 'header' }));
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return problemOf(failure('invalid_request', 'the request did not arrive in time'));
  return problemOf(failure('invalid_request', 'this is not an HTTP/1.1 request'));
}
