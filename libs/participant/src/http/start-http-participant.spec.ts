import { clientTlsOptions, createLogger, parseConfig, SignedHttpClient, serverTlsOptions } from '@intendant/nest-kit';
import { httpTransport } from '../testing/http-transport.js';
import {
  describeHandlers,
  describeParticipantProtocol,
  type HarnessFactory,
  PROBE_CAPABILITY,
  PROBE_SAGA_CAPABILITY,
  startMemoryDataPlane,
  TestAuthority,
  tlsEnvironment,
} from '../testing/index.js';
import { startMemoryCurator } from '../testing/memory-curator.js';
import { HttpParticipantEnv, startHttpParticipant } from './start-http-participant.js';

const logger = createLogger('spec', 'fatal');

const overHttps: HarnessFactory = async (participant) => {
  const authority = await TestAuthority.create();
  const runtime = await authority.issue('runtime');
  const dataPlane = await startMemoryDataPlane(serverTlsOptions(runtime));
  const curator = await startMemoryCurator(serverTlsOptions(await authority.issue('curator')));
  const { env, remove } = tlsEnvironment(await authority.issue('content', ['content']));
  const config = parseConfig(HttpParticipantEnv, { ...env, INTENDANT_CURATOR_HTTP_ADDRESS: curator.address });
  const capabilities = [PROBE_CAPABILITY, PROBE_SAGA_CAPABILITY];
  const running = await startHttpParticipant(
    { service: 'content', participant, capabilities },
    config,
    logger,
    () => undefined,
  );
  const { registration, requestKey } = await curator.registered;
  const url = registration.address.transport === 'http' ? registration.address.url : '';
  const client = new SignedHttpClient(url, clientTlsOptions(runtime, 'content'));
  return {
    transport: httpTransport(client, requestKey),
    dataPlane,
    close: async () => {
      client.close();
      await running.drain('test');
      await curator.close();
      await dataPlane.close();
      remove();
    },
  };
};

describeParticipantProtocol('HTTPS with signed requests', overHttps);
describeHandlers('HTTPS', overHttps);
