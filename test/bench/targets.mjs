// The two things measured: the floor and Intendant. Each gives a URL, headers, a session and the pids to count.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { labServices, runtimeReplicas, startLab } from '@intendant/lab';
import { request } from 'undici';
import { startEngine } from './engines.mjs';
import { allHeld } from './holding.mjs';
import { ageMs, start } from './processes.mjs';

/** Who submits. */
export const USER = { tenantId: 't_bench', userId: 'bench' };

const EMBEDDED = await startEngine('sqlite');

/** What is killed on purpose comes back at once. */
const SOON = { firstDelayMs: 100, longestDelayMs: 400, healthyAfterMs: 1_000 };

/** `beside` is what `--reach` adds to it; nothing for the floor itself. */
export async function startFloor(engine = EMBEDDED, { name = 'floor', hasDecision = false, ...beside } = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'intendant-floor-'));
  const secured = beside.certificates === undefined ? [] : [JSON.stringify(beside.certificates)];
  const echo = await start('echo-process.mjs', secured);
  const decision = hasDecision ? await start('echo-process.mjs', secured) : undefined;
  const { module, settings } = engine.floorLog;
  const log = JSON.stringify({ directory, ...settings });
  const options = JSON.stringify({ ...beside, decisionPort: decision?.message.port });
  const server = await start('floor-server.mjs', [String(echo.message.port), module, log, options]);
  return {
    name,
    isFloor: true,
    url: `http://127.0.0.1:${server.message.port}`,
    headers: { 'content-type': 'application/json' },
    sessionId: 'ses_00000000000000000000000000000000',
    pids: () => ({ server: server.child.pid, echo: echo.child.pid, ...engine.pids() }),
    stop: async () => {
      server.child.kill();
      echo.child.kill();
      decision?.child.kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/**
 * The whole cluster, with one domain service that echoes; durability, hash chain and mutual TLS as always. Its log is in an
 * empty directory unless one is given, or on the servers of an engine under the cluster's name, shared by all replicas.
 */
export async function startIntendant(
  existingDirectory,
  { engine = EMBEDDED, cluster = 'intendant', replicas = 1 } = {},
) {
  const directory = existingDirectory ?? (await mkdtemp(join(tmpdir(), 'intendant-bench-')));
  const entry = fileURLToPath(new URL('participant/main.mjs', import.meta.url));
  const services = [
    ...labServices.filter((one) => one.stage !== 'participant'),
    ...runtimeReplicas(replicas),
    { name: 'bench', stage: 'participant', entry, realms: ['bench'] },
  ];
  const lab = await startLab({ dataDir: directory, services, restart: SOON, env: engine.env(cluster) });
  await allHeld(lab.runtimeUrls);
  const runtimeHeldMs = ageMs(lab.processes.find(({ name }) => name === 'runtime').pid);
  const token = await lab.token({ ...USER, roles: ['analyst'], ttlSeconds: 12 * 3_600 });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}`, prefer: 'wait=30' };
  const opened = await request(`${lab.url}/v1/sessions`, { method: 'POST', headers, body: '{}' });
  const session = await opened.body.json();
  if (opened.statusCode !== 201) throw new Error(`no session: ${JSON.stringify(session)}`);
  return {
    name: 'intendant',
    isFloor: false,
    url: lab.url,
    urls: lab.runtimeUrls,
    headers,
    sessionId: session.sessionId,
    directory,
    /** Age of the Runtime's process when every partition was held. */
    runtimeHeldMs,
    lab,
    pids: () => ({ ...Object.fromEntries(lab.processes.map(({ name, pid }) => [name, pid])), ...engine.pids() }),
    stop: async ({ keep = false } = {}) => {
      if (keep) return lab.stop();
      await lab.destroy();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
