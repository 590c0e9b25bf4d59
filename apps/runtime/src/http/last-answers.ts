import type { FastifyInstance } from 'fastify';
import type { Drain } from '../platform/drain.js';

/** After a drain began, how long a connection may stay open: longer than the requests in flight are waited for. */
const LAST_ANSWERS_MS = 3_500;

/**
 * A connection that is kept alive, or was opened and never used, would hold a closing server for as long as its client
 * likes. So every answer of a draining process is its connection's last, and what is open after a while is cut.
 */
export function endConnectionsWithDrain(server: FastifyInstance, drain: Drain): void {
  server.addHook('onSend', (_request, reply, payload, done) => {
    if (drain.begun) void reply.header('connection', 'close');
    done(null, payload);
  });
  drain.onBegin(() => void setTimeout(() => server.server.closeAllConnections(), LAST_ANSWERS_MS).unref());
}
