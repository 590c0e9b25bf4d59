import type { TLSSocket } from 'node:tls';
import {
  type DrainAnswer,
  FailureError,
  failure,
  LeaseMessage,
  ParticipantRegistrationPath,
  problemOf,
  type RegistrationReceipt,
  type RenewAnswer,
} from '@intendant/intent-model';
import { parseStrictJson } from '@intendant/kernel';
import { type Logger, peerIdentity, serverTlsOptions, type TlsFiles } from '@intendant/nest-kit';
import type { CallerIdentity } from '@intendant/registry';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Registry } from './registry/registry.js';

/** A registration carries the contracts of up to 256 capabilities. */
const REGISTRATION_BYTES_MAX = 8 * 1024 * 1024;

/** HTTPS with mutual TLS for participants in any language: the messages and the checks of the RPC. */
export function createRegistrationServer(registry: Registry, tls: TlsFiles, logger: Logger): FastifyInstance {
  const server = fastify({
    https: serverTlsOptions(tls),
    logger: false,
    requestTimeout: 30_000,
    bodyLimit: REGISTRATION_BYTES_MAX,
    forceCloseConnections: true,
  }) as unknown as FastifyInstance;
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (_request: FastifyRequest, body: Buffer) => {
      const parsed = parseStrictJson(body);
      if (!parsed.ok) throw new FailureError(failure('malformed_json', parsed.error.message));
      return parsed.value;
    },
  );

  server.post(ParticipantRegistrationPath.register, async (request): Promise<RegistrationReceipt> => {
    const reply = await registry.register(request.body, participantOf(request));
    if ('failure' in reply) throw new FailureError(reply.failure);
    return reply;
  });

  server.post(ParticipantRegistrationPath.renew, async (request): Promise<z.infer<typeof RenewAnswer>> => {
    const { service } = participantOf(request);
    return { status: registry.renew(leaseIdOf(request), service) ? 'renewed' : 'lease_unknown' };
  });

  server.post(ParticipantRegistrationPath.drain, async (request): Promise<z.infer<typeof DrainAnswer>> => {
    const { service } = participantOf(request);
    return { status: (await registry.drain(leaseIdOf(request), service)) ? 'draining' : 'lease_unknown' };
  });

  server.setNotFoundHandler(() => {
    throw new FailureError(failure('not_found', 'no such path'));
  });
  server.setErrorHandler((error, _request, reply) => {
    const problem = problemOf(failureOf(error, logger));
    void reply.status(problem.status).type('application/problem+json').send(problem);
  });
  return server;
}

/** Whom the connection speaks for; only a certificate that names a realm is a participant's. */
function participantOf(request: FastifyRequest): CallerIdentity {
  const caller = peerIdentity(request.raw.socket as TLSSocket);
  if (caller !== null && caller.realms.length > 0) return caller;
  throw new FailureError(failure('action_not_permitted', 'the certificate names no realm'));
}

function leaseIdOf(request: FastifyRequest): string {
  const parsed = LeaseMessage.safeParse(request.body);
  if (parsed.success) return parsed.data.leaseId;
  throw new FailureError(failure('invalid_request', 'the message must be {leaseId}'));
}

function failureOf(error: unknown, logger: Logger) {
  if (error instanceof FailureError) return error.failure;
  const { statusCode } = error as { statusCode?: number };
  if (statusCode === 413)
    return failure('body_too_large', `a registration has at most ${REGISTRATION_BYTES_MAX} bytes`);
  if (statusCode === 415) return failure('unsupported_media_type', 'the message must be application/json');
  if (statusCode !== undefined && statusCode < 500) return failure('invalid_request', 'the request could not be read');
  logger.error({ err: error }, 'registration over HTTP');
  return failure('internal_error', 'the request could not be served');
}
