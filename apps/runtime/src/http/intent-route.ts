import { FailureError, failure } from '@intendant/intent-model';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { type IntakeRequest, keyDigestOf, keyNamedIn, readObject, slotOfDigest } from '../intake/submission.js';
import { traceparentOf } from '../intake/trace-context.js';
import type { Platform } from '../platform/compose.js';
import { authenticate } from './auth.guard.js';
import { isDone, resultView } from './execution-view.js';
import { answeredElsewhere } from './forwarding.js';
import type { KnownPaths } from './known-paths.js';
import { ProblemFilter } from './problem.filter.js';
import type { AuthenticatedRequest } from './request-context.js';

/** Longest `Prefer: wait`, in seconds. */
const WAIT_S_MAX = 60;

/**
 * `POST /v1/intents` is nearly all of the traffic. It is a route of Fastify's own, beside Nest's: the same token check, the
 * same problems, without the contexts and promises that Nest makes for guards, pipes and interceptors of every request.
 */
export function installIntentRoute(server: FastifyInstance, platform: Platform, paths: KnownPaths): void {
  const problems = new ProblemFilter(platform.logger, paths);
  server.post('/v1/intents', (raw, reply) => {
    const request = raw as AuthenticatedRequest;
    submit(platform, request, reply).catch((error: unknown) => problems.answer(error, request, reply));
  });
}

async function submit(platform: Platform, request: AuthenticatedRequest, reply: FastifyReply): Promise<void> {
  const authenticated = authenticate(platform, request);
  if (authenticated !== true) await authenticated;
  const { supervisor, metrics } = platform;
  const waitMs = waitOf(request.headers['prefer']);
  const asked = askedFor(platform, request);
  if (platform.forwarder !== null && (await isAnsweredElsewhere(platform, request, asked, reply, waitMs))) return;
  const { executionId, replayed } = await platform.intake.submit(request.principal, asked);
  const state = waitMs > 0 ? await supervisor.settled(executionId, waitMs) : undefined;
  const shown = state ?? (await supervisor.read(executionId));
  if (shown === undefined) throw new FailureError(failure('not_found', 'the execution cannot be read'));
  if (replayed) {
    metrics.replayed.inc();
    void reply.header('idempotent-replayed', 'true');
  }
  if (waitMs > 0) void reply.header('preference-applied', `wait=${waitMs / 1_000}`);
  const done = waitMs > 0 && isDone(shown);
  void reply
    .status(done ? 200 : 202)
    .header('location', `/v1/executions/${executionId}`)
    .send(resultView(shown));
}

/** A body is read before it is known where it goes, and once, when its key may be in it. */
function askedFor({ forwarder }: Platform, request: AuthenticatedRequest): IntakeRequest {
  const asked = intakeRequestOf(request);
  if (forwarder === null || typeof asked.headers['idempotency-key'] === 'string') return asked;
  return { ...asked, object: readObject(asked.body) };
}

/** A key says where its execution goes; an intent without one is taken wherever it comes, if anything is held there. */
async function isAnsweredElsewhere(
  platform: Platform,
  request: AuthenticatedRequest,
  asked: IntakeRequest,
  reply: FastifyReply,
  waitMs: number,
): Promise<boolean> {
  const key = keyNamedIn(asked);
  const { partitionCount, held } = platform.log;
  if (key === null && held.length > 0) return false;
  const slot = key === null ? 0 : slotOfDigest(keyDigestOf(request.principal, key));
  const partition = slot % partitionCount;
  if (platform.holders.isHere(partition)) return false;
  return answeredElsewhere(platform, partition, request, reply, { body: asked.body, isKeyed: key !== null, waitMs });
}

/** One of a list; commas within quotes belong to it. */
const PREFERENCE = /(?:"(?:\\.|[^"\\])*(?:"|\\?$)|[^",])+/g;
const WAIT = /^\s*wait\s*(?:=([^;]*))?(?:;|$)/i;

/** Milliseconds of `Prefer: wait=N` (RFC 7240); 0 without one. */
export function waitOf(header: string | string[] | undefined): number {
  const text = Array.isArray(header) ? header.join(',') : header;
  if (text === undefined) return 0;
  const wait = (text.match(PREFERENCE) ?? []).map((one) => WAIT.exec(one)).find((found) => found !== null);
  if (wait === undefined) return 0;
  const value = (wait[1] ?? '').trim().replace(/^"(.*)"$/, '$1');
  const seconds = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (seconds <= WAIT_S_MAX) return seconds * 1_000;
  throw new FailureError(
    failure('invalid_request', `wait must be whole seconds, ${WAIT_S_MAX} at most`, { field: 'header prefer' }),
  );
}

const EMPTY = Buffer.alloc(0);

/** What intake looks at of a request. */
export const intakeRequestOf = (request: AuthenticatedRequest): IntakeRequest => ({
  body: (request.body as Buffer | undefined) ?? EMPTY,
  headers: request.headers,
  query: request.query as Record<string, unknown>,
  correlationId: request.correlationId,
  traceparent: traceparentOf(request.headers['traceparent']),
});
