import { partitionOf } from '@intendant/wal';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { MISDIRECTED } from '../link/exchange.js';
import type { Submission } from '../link/forwarder.js';
import type { Platform } from '../platform/compose.js';
import { authenticate } from './auth.guard.js';
import { type KnownPaths, pathOf } from './known-paths.js';
import { ProblemFilter } from './problem.filter.js';
import type { AuthenticatedRequest } from './request-context.js';

/** The first execution or session that a path names. */
const NAMED = /^\/v1\/.*?((?:exe|ses)_[0-9a-f]{32})(?=\/|$)/;

/** What is about one execution or one session is answered by the replica that holds its partition, whoever is asked. */
export function installForwarding(server: FastifyInstance, platform: Platform, paths: KnownPaths): void {
  if (platform.forwarder === null) return;
  const problems = new ProblemFilter(platform.logger, paths);
  const { partitionCount } = platform.log;
  server.addHook('onRequest', (raw, reply, done) => {
    // what no route takes is refused by whoever is asked
    const named = raw.is404 ? undefined : NAMED.exec(pathOf(raw.url))?.[1];
    if (named === undefined) return done();
    const partition = partitionOf(named, partitionCount);
    if (platform.holders.isHere(partition)) return done();
    const request = raw as AuthenticatedRequest;
    handOver(platform, partition, request, reply).then(
      (answered) => (answered ? undefined : done()),
      (error: unknown) => {
        request.correlationId ??= platform.ids.nextUuid();
        problems.answer(error, request, reply);
      },
    );
  });
}

/** Nobody who is unknown here is brought before another replica. */
async function handOver(
  platform: Platform,
  partition: number,
  request: AuthenticatedRequest,
  reply: FastifyReply,
): Promise<boolean> {
  if (!platform.forwarded.has(request.raw)) await authenticate(platform, request);
  return answeredElsewhere(platform, partition, request, reply);
}

/** Resolves with true when the replica that holds the partition has answered, false when that is this one. */
export async function answeredElsewhere(
  { forwarder, forwarded, holders }: Platform,
  partition: number,
  request: AuthenticatedRequest,
  reply: FastifyReply,
  submission?: Submission,
): Promise<boolean> {
  if (forwarder === null) return false;
  if (!forwarded.has(request.raw)) return forwarder.forward(partition, request.raw, reply, submission);
  if ((await holders.holderOf(partition)) === 'self') return false;
  reply.hijack();
  reply.raw.writeHead(MISDIRECTED).end();
  return true;
}
