// The two things measured: the floor and Intendant. Each gives a URL, headers, a session and the pids to count.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { labServices, startLab } from '@intendant/lab';
import { request } from 'undici';
import { start } from './processes.mjs';

export async function startFloor() {
  const directory = await mkdtemp(join(tmpdir(), 'intendant-floor-'));
  const echo = await start('echo-process.mjs');
  const server = await start('floor-server.mjs', [directory, String(echo.message.port)]);
  return {
    name: 'floor',
    url: `http://127.0.0.1:${server.message.port}`,
    headers: { 'content-type': 'application/json' },
    sessionId: 'ses_00000000000000000000000000000000',
    pids: () => ({ server: server.child.pid, echo: echo.child.pid }),
    stop: async () => {
      server.child.kill();
      echo.child.kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** The whole cluster, with one domain service that echoes; durability, hash chain and mutual TLS as always. */
export async function startIntendant(existingDirectory) {
  const directory = existingDirectory ?? (await mkdtemp(join(tmpdir(), 'intendant-bench-')));
  const entry = fileURLToPath(new URL('participant/main.mjs', import.meta.url));
  const services = [
    ...labServices.filter((one) => one.stage !== 'participant'),
    { name: 'bench', stage: 'participant', entry, realms: ['bench'] },
  ];
  const lab = await startLab({ dataDir: directory, services });
  const token = await lab.token({ tenantId: 't_bench', userId: 'bench', roles: ['analyst'], ttlSeconds: 12 * 3_600 });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}`, prefer: 'wait=30' };
  const opened = await request(`${lab.url}/v1/sessions`, { method: 'POST', headers, body: '{}' });
  const session = await opened.body.json();
  if (opened.statusCode !== 201) throw new Error(`no session: ${JSON.stringify(session)}`);
  return {
    name: 'intendant',
    url: lab.url,
    headers,
    sessionId: session.sessionId,
    directory,
    lab,
    pids: () => Object.fromEntries(lab.processes.map(({ name, pid }) => [name, pid])),
    stop: async ({ keep = false } = {}) => {
      if (keep) return lab.stop();
      await lab.destroy();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
