import type { Readable } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import {
  type Failure,
  FailureError,
  failure,
  JOURNAL_BYTES_MAX,
  JournalRequest,
  problemOf,
} from '@intendant/intent-model';
import { parseStrictJson } from '@intendant/kernel';
import { type Logger, peerIdentity, serverTlsOptions, type TlsFiles } from '@intendant/nest-kit';
import type { Supervisor } from '@intendant/partition';
import type { PartitionStore } from '@intendant/wal';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import type { ArtifactStore } from '../content/artifact-store.js';
import { logFailure } from '../http/log-failure.js';
import type { CallGrant, CallGrants } from './call-grants.js';

export interface DataPlanePorts {
  readonly tls: TlsFiles;
  readonly grants: CallGrants;
  readonly content: ArtifactStore;
  readonly store: PartitionStore;
  /** Why no content is taken, or null. */
  readonly shortage: () => Failure | null;
  readonly logger: Logger;
  /** Records what the handler of a saga as code did. */
  readonly report: Supervisor['report'];
}

/** HTTPS with mutual TLS for what a running call may read and write: content by digest, state by key. */
export function createDataPlane(ports: DataPlanePorts): FastifyInstance {
  const server = fastify({
    https: serverTlsOptions(ports.tls),
    logger: false,
    requestTimeout: 120_000,
  }) as unknown as FastifyInstance;
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', (_request, _payload, done) => done(null));

  server.get<{ Params: { sha256: string } }>('/content/:sha256', async (request, reply) => {
    const grant = grantOf(ports.grants, request);
    const { sha256 } = request.params;
    if (!grant.readable.has(sha256))
      throw new FailureError(failure('data_access_denied', 'the decision does not allow this content'));
    // whoever asks by the digest judges by it: `content_corrupt`, final; a transfer cut off here would be tried again for nothing
    const { stream, sizeBytes } = await ports.content.readUnjudged(grant.tenantId, sha256);
    return reply.header('content-type', 'application/octet-stream').header('content-length', sizeBytes).send(stream);
  });

  server.post('/content', async (request) => {
    const grant = liveGrantOf(ports.grants, request);
    const closed = ports.shortage();
    if (closed !== null) throw new FailureError(closed);
    const descriptor = await ports.content.put(grant.tenantId, request.raw as Readable, undefined, ports.shortage);
    grant.readable.add(descriptor.sha256);
    return descriptor;
  });

  server.get<{ Params: { scope: string; key: string } }>('/state/:scope/:key', async (request) => {
    const grant = liveGrantOf(ports.grants, request);
    const { scope, key } = request.params;
    const owners = new Map([
      ['session', grant.sessionId],
      ['execution', grant.executionId],
    ]);
    const ownerId = owners.get(scope);
    const value = ownerId === undefined ? undefined : ports.store.state(ownerId, key);
    if (value === undefined) throw new FailureError(failure('not_found', 'no such key'));
    return { value };
  });

  void server.register(async (reports) => journalRoute(reports, ports));

  server.setErrorHandler((error, _request, reply) => {
    const found = failureOf(error);
    if (found.code === 'internal_error') ports.logger.error({ err: error }, 'data plane');
    const problem = problemOf(found);
    void reply.status(problem.status).type('application/problem+json').send(problem);
  });
  return server;
}

/** A report of the handler's doings is read whole; all else that comes is a stream. */
function journalRoute(server: FastifyInstance, ports: DataPlanePorts): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, bytes, done) => done(null, bytes));
  server.post<{ Body: Buffer }>('/journal', { bodyLimit: JOURNAL_BYTES_MAX }, async (request, reply) => {
    const grant = liveGrantOf(ports.grants, request);
    const asked = JournalRequest.safeParse(jsonIn(request.body));
    if (!asked.success) {
      const issue = asked.error.issues[0];
      throw new FailureError(
        failure('invalid_request', issue?.message ?? 'malformed', { field: `/${issue?.path.join('/')}` }),
      );
    }
    const outcome = await ports.report(grant.executionId, { stepId: grant.stepId, ...asked.data });
    if (outcome.kind === 'recorded') return { entries: outcome.entries, held: outcome.held };
    // not a problem of the request: the call is over, or the handler is not the one it was
    return reply.status(409).send(outcome);
  });
}

function jsonIn(bytes: Buffer): unknown {
  const parsed = parseStrictJson(bytes);
  if (!parsed.ok) throw new FailureError(failure('malformed_json', parsed.error.message));
  return parsed.value;
}

/** What fastify itself refuses, as a failure of ours. */
const FASTIFYS: Readonly<Record<string, Failure>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: failure('body_too_large', 'the report is too large'),
};

function failureOf(error: unknown): Failure {
  if (error instanceof FailureError) return error.failure;
  const code = (error as { code?: string }).code ?? '';
  return logFailure(error) ?? FASTIFYS[code] ?? failure('internal_error', 'the request could not be served');
}

/** The grant of a call that may have effects; that of a replay may only read what was recorded. */
function liveGrantOf(grants: CallGrants, request: FastifyRequest): CallGrant {
  const grant = grantOf(grants, request);
  if (grant.readOnly !== true) return grant;
  throw new FailureError(failure('live_effect_refused', 'a replay reads what was recorded and does nothing else'));
}

/** The grant behind the bearer; it must have been issued to the service whose certificate the caller shows. */
function grantOf(grants: CallGrants, request: FastifyRequest): CallGrant {
  const bearer = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1];
  const grant = bearer === undefined ? undefined : grants.find(bearer);
  const service = peerIdentity(request.raw.socket as TLSSocket)?.service;
  if (grant === undefined || grant.service !== service)
    throw new FailureError(failure('unauthenticated', 'no running call holds this grant'));
  return grant;
}
