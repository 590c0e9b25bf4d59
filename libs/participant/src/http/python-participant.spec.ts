import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { CapabilityDefinition } from '@intendant/intent-model';
import { clientTlsOptions, SignedHttpClient, serverTlsOptions } from '@intendant/nest-kit';
import { describe, test } from '@jest/globals';
import { httpTransport } from '../testing/http-transport.js';
import {
  describeParticipantProtocol,
  type HarnessFactory,
  PROBE_CAPABILITY,
  PROBE_SAGA_CAPABILITY,
  startMemoryDataPlane,
  TestAuthority,
  tlsEnvironment,
} from '../testing/index.js';
import { startMemoryCurator } from '../testing/memory-curator.js';
import { withPython } from '../testing/with-python.js';

const PROBE = fileURLToPath(new URL('../../../../examples/python-participant/probe.py', import.meta.url));

/** Ends it as the platform would: it gives its lease back. */
const ended = (child: ChildProcess): Promise<unknown> =>
  new Promise((resolve) => {
    child.once('exit', resolve);
    child.kill('SIGTERM');
  });

const inPython: HarnessFactory = async () => {
  const authority = await TestAuthority.create();
  const runtime = await authority.issue('runtime');
  const dataPlane = await startMemoryDataPlane(serverTlsOptions(runtime));
  const curator = await startMemoryCurator(serverTlsOptions(await authority.issue('curator')));
  const { env, remove } = tlsEnvironment(await authority.issue('content', ['content']));
  const capabilities = [PROBE_CAPABILITY, PROBE_SAGA_CAPABILITY].map((one) => CapabilityDefinition.parse(one));
  const child = spawn('python3', ['-B', PROBE, JSON.stringify(capabilities)], {
    env: { PATH: process.env.PATH, ...env, INTENDANT_CURATOR_HTTP_ADDRESS: curator.address },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const { registration, requestKey } = await curator.registered;
  const url = registration.address.transport === 'http' ? registration.address.url : '';
  const client = new SignedHttpClient(url, clientTlsOptions(runtime, 'content'));
  return {
    transport: httpTransport(client, requestKey),
    dataPlane,
    close: async () => {
      client.close();
      await ended(child);
      await curator.close();
      await dataPlane.close();
      remove();
    },
  };
};

if (withPython()) describeParticipantProtocol('Python over HTTPS', inPython);
else
  describe('participant protocol: Python over HTTPS', () => {
    test.skip('left out: there is no python3 of at least 3.10 here', () => undefined);
  });
