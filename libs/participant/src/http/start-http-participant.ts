import {
  AddressVariable,
  clientTlsOptions,
  createLogger,
  type Lifecycle,
  type Logger,
  loadConfig,
  PortVariable,
  ProcessEnv,
  RequestKeys,
  readTlsFiles,
  systemScheduler,
} from '@intendant/nest-kit';
import { z } from 'zod';
import { type CapabilityInput, definitionsOf } from '../definitions-of.js';
import { keepRegistered } from '../keep-registered.js';
import { instanceIdOf } from '../nest/run-participant.js';
import { systemPorts } from '../nest/system-ports.js';
import type { RuntimeParticipant } from '../participant.js';
import { ParticipantEndpoint } from '../participant-endpoint.js';
import type { RegistrationRefused } from '../registration-lease.js';
import { runRegistered } from '../run-registered.js';
import { CuratorHttpClient } from './curator-http-client.js';
import { startParticipantHttpServer } from './participant-http-server.js';

export const HttpParticipantEnv = ProcessEnv.extend({
  INTENDANT_PARTICIPANT_PORT: PortVariable.default(0),
  /** Host name or address at which the Runtime reaches this process; INTENDANT_HOST when absent. */
  INTENDANT_PARTICIPANT_ADVERTISED_HOST: z.string().min(1).max(255).optional(),
  INTENDANT_CURATOR_HTTP_ADDRESS: AddressVariable,
});
export type HttpParticipantEnv = z.infer<typeof HttpParticipantEnv>;

/** How long running handlers may go on after the instance was taken back. */
const DRAIN_MS_MAX = 8_000;

export interface HttpParticipantOptions {
  /** Name of the service; its certificate must carry it. */
  readonly service: string;
  readonly participant: RuntimeParticipant;
  readonly capabilities: readonly CapabilityInput[];
}

/** Runs a participant over HTTPS as a process, to its end, configured by its environment: like `runParticipant`. */
export async function runHttpParticipant(options: HttpParticipantOptions): Promise<void> {
  const env = loadConfig(HttpParticipantEnv);
  const logger = createLogger(options.service, env.INTENDANT_LOG_LEVEL);
  await runRegistered(logger, (onRefused) => startHttpParticipant(options, env, logger, onRefused));
}

/** Serves a participant over HTTPS with signed requests, without Nest, and registers it: like `startParticipant`. */
export async function startHttpParticipant(
  { service, participant, capabilities }: HttpParticipantOptions,
  env: HttpParticipantEnv,
  logger: Logger,
  onRefused: (refusal: RegistrationRefused) => void,
): Promise<Lifecycle> {
  const tls = readTlsFiles(env);
  const ports = systemPorts(tls, logger);
  const definitions = definitionsOf(capabilities);
  const endpoint = new ParticipantEndpoint(participant, definitions, ports);
  const keys = new RequestKeys();
  const { INTENDANT_HOST: host, INTENDANT_PARTICIPANT_PORT: wanted } = env;
  const server = await startParticipantHttpServer({ endpoint, host, port: wanted, tls, keys });
  const curator = new CuratorHttpClient(env.INTENDANT_CURATOR_HTTP_ADDRESS, clientTlsOptions(tls, 'curator'));
  const close = async (): Promise<void> => {
    await server.close();
    await ports.close();
    curator.close();
  };
  const registration = {
    service,
    instanceId: instanceIdOf(service, server.port),
    address: {
      transport: 'http' as const,
      url: `https://${env.INTENDANT_PARTICIPANT_ADVERTISED_HOST ?? host}:${server.port}`,
    },
    supportedIntents: [...participant.getSupportedIntents()],
    capabilities: definitions,
  };
  const observer = {
    registered: ({ requestKey }: { requestKey?: Parameters<RequestKeys['learn']>[0] | undefined }) => {
      if (requestKey !== undefined) keys.learn(requestKey);
    },
    refused: onRefused,
  };
  const lease = await keepRegistered(registration, curator, { scheduler: systemScheduler, logger, observer }).catch(
    async (refusal: unknown) => {
      await close();
      throw refusal;
    },
  );
  return {
    readyDetail: { port: server.port, instanceId: registration.instanceId, capabilities: definitions.length },
    drain: async () => {
      await lease.drain();
      await endpoint.drain(DRAIN_MS_MAX);
      await close();
    },
  };
}
