import 'reflect-metadata';
import { hostname } from 'node:os';
import type { ParticipantRegistration } from '@intendant/intent-model';
import {
  AddressVariable,
  createLogger,
  type Lifecycle,
  type Logger,
  loadConfig,
  PortVariable,
  ProcessEnv,
  readTlsFiles,
  startHealthServer,
  startRpcServer,
  startTelemetry,
  systemScheduler,
} from '@intendant/nest-kit';
import { Registry } from 'prom-client';
import { z } from 'zod';
import { definitionsOf } from '../definitions-of.js';
import { keepRegistered } from '../keep-registered.js';
import { ParticipantEndpoint } from '../participant-endpoint.js';
import type { RegistrationLease, RegistrationRefused } from '../registration-lease.js';
import { runRegistered } from '../run-registered.js';
import { CuratorClient } from './curator-client.js';
import { ParticipantModule, type ParticipantOptions } from './participant.module.js';
import { systemPorts } from './system-ports.js';

export const ParticipantEnv = ProcessEnv.extend({
  INTENDANT_PARTICIPANT_PORT: PortVariable.default(0),
  /** Host name or address at which the Runtime reaches this process; INTENDANT_HOST when absent. */
  INTENDANT_PARTICIPANT_ADVERTISED_HOST: z.string().min(1).max(255).optional(),
  INTENDANT_CURATOR_ADDRESS: AddressVariable,
});
export type ParticipantEnv = z.infer<typeof ParticipantEnv>;

/** How long running handlers may go on after the instance was taken back. */
const DRAIN_MS_MAX = 8_000;

/** A call that the Runtime sent just before it heard of the drain is still taken. */
const LINGER_MS = 250;

/** Runs a domain service as a process, to its end; the whole main module of an ordinary one. */
export async function runParticipant(options: ParticipantOptions): Promise<void> {
  const env = loadConfig(ParticipantEnv);
  const logger = createLogger(options.service, env.INTENDANT_LOG_LEVEL);
  await runRegistered(logger, (onRefused) => startParticipant(options, env, logger, onRefused));
}

/**
 * Serves a participant and registers it. Resolves once Curator accepted, however long that takes; rejects with
 * {@link RegistrationRefused}, everything closed again, when a rule refuses it. `onRefused` is told when that happens
 * later, after Curator forgot the instance.
 */
export async function startParticipant(
  options: ParticipantOptions,
  env: ParticipantEnv,
  logger: Logger,
  onRefused: (refusal: RegistrationRefused) => void,
): Promise<Lifecycle> {
  const tls = readTlsFiles(env);
  const telemetry = await startTelemetry(options.service);
  const ports = systemPorts(tls, logger, telemetry?.tracer);
  const server = await startRpcServer(ParticipantModule.register({ ports, ...options }), {
    host: env.INTENDANT_HOST,
    port: env.INTENDANT_PARTICIPANT_PORT,
    tls,
    logger,
  });
  const registration = registrationOf(options, server.get(options.participant).getSupportedIntents(), env, server.port);
  const curator = new CuratorClient(env.INTENDANT_CURATOR_ADDRESS, tls, logger);
  let lease: RegistrationLease | undefined;
  const health = await startHealth(env, () => lease?.held === true);
  const close = async (): Promise<void> => {
    await server.close();
    await ports.close();
    curator.close();
    health?.close();
    await telemetry?.stop();
  };
  const held = await keepRegistered(registration, curator, {
    scheduler: systemScheduler,
    logger,
    observer: { refused: onRefused },
  }).catch(async (refusal: unknown) => {
    await close();
    throw refusal;
  });
  lease = held;
  const { instanceId } = registration;
  return {
    readyDetail: { port: server.port, instanceId, capabilities: registration.capabilities.length },
    drain: async () => {
      await held.drain();
      await new Promise<void>((resolve) => systemScheduler.after(LINGER_MS, resolve));
      await server.get(ParticipantEndpoint).drain(DRAIN_MS_MAX);
      await close();
    },
  };
}

function registrationOf(
  options: ParticipantOptions,
  supportedIntents: readonly string[],
  env: ParticipantEnv,
  port: number,
): ParticipantRegistration {
  return {
    service: options.service,
    instanceId: instanceIdOf(options.service, port),
    address: { transport: 'tcp', host: env.INTENDANT_PARTICIPANT_ADVERTISED_HOST ?? env.INTENDANT_HOST, port },
    supportedIntents: [...supportedIntents],
    capabilities: definitionsOf(options.capabilities),
  };
}

/** The same after a restart at the same place, so that the new process takes the place of the old one. */
export const instanceIdOf = (service: string, port: number): string =>
  `${service}@${hostname()
    .replaceAll(/[^A-Za-z0-9._-]/g, '-')
    .slice(0, 60)}-${port}`;

export function startHealth(env: ProcessEnv, isRegistered: () => boolean) {
  if (env.INTENDANT_HEALTH_PORT === undefined) return undefined;
  return startHealthServer({
    host: env.INTENDANT_HOST,
    port: env.INTENDANT_HEALTH_PORT,
    readiness: () => (isRegistered() ? [] : ['not registered with Curator']),
    metrics: new Registry(),
  });
}
