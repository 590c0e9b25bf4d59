// Takes the steps of the Dockerfile in a temporary folder and starts what comes out: each process must refuse an empty
// configuration with exit code 78, and with a sound one all of them must become ready, serve error pages (the Runtime), and
// drain. Needs no container engine, so it shows nothing of base image, user and read-only file system.
//   node tools/check-image.mjs
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LAB_ISSUER, startPostgres } from '@intendant/lab';
import { StageBuilder } from './image-stages.mjs';

const EXIT_CONFIG = 78;
const READY_MS_MAX = 90_000;
const LOOK_MS = 250;
const TARGETS = ['curator', 'smart-city', 'participant', 'runtime'];

const context = fileURLToPath(new URL('..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'intendant-image-'));
const tls = join(scratch, 'tls');
const running = [];
let passed = 0;
let failed = 0;

function verdict(ok, name) {
  if (ok) passed += 1;
  else failed += 1;
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${name}`);
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

const start = ({ root, workdir, env, command }, more) =>
  spawn(command[0], command.slice(1), {
    cwd: join(root, workdir),
    env: { PATH: process.env.PATH, ...env, ...more },
    stdio: ['ignore', 'ignore', process.env.INTENDANT_DEBUG ? 'inherit' : 'ignore'],
  });

/** The environment of each process, and the port where its readiness is to be seen. */
async function settings(databaseUrl) {
  const names = ['curator', 'curatorHttp', 'smartCity', 'runtime', 'data', 'participant'];
  const ports = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await freePort()])));
  const issuer = { issuer: LAB_ISSUER, audience: 'intendant', jwksUri: 'http://127.0.0.1:1/', algorithms: ['EdDSA'] };
  const own = {
    curator: { INTENDANT_CURATOR_PORT: ports.curator, INTENDANT_CURATOR_HTTP_PORT: ports.curatorHttp },
    'smart-city': { INTENDANT_SMART_CITY_PORT: ports.smartCity },
    participant: { INTENDANT_PARTICIPANT_PORT: ports.participant },
    runtime: {
      INTENDANT_RUNTIME_PORT: ports.runtime,
      INTENDANT_RUNTIME_DATA_PORT: ports.data,
      INTENDANT_SMART_CITY_ADDRESS: `127.0.0.1:${ports.smartCity}`,
      INTENDANT_ISSUERS: JSON.stringify([issuer]),
    },
  };
  const settingsOf = async (target) => {
    const healthPort = await freePort();
    const certificate = join(tls, target === 'participant' ? 'content' : target);
    const env = {
      INTENDANT_MODE: 'lab',
      INTENDANT_HOST: '127.0.0.1',
      INTENDANT_DATA_DIR: join(scratch, 'data', target),
      INTENDANT_DATABASE_URL: databaseUrl,
      INTENDANT_HEALTH_PORT: String(healthPort),
      INTENDANT_CURATOR_ADDRESS: `127.0.0.1:${ports.curator}`,
      INTENDANT_TLS_CA_FILE: join(certificate, 'ca.crt'),
      INTENDANT_TLS_CERT_FILE: join(certificate, 'tls.crt'),
      INTENDANT_TLS_KEY_FILE: join(certificate, 'tls.key'),
      ...own[target],
    };
    return { env, healthPort };
  };
  return Object.fromEntries(await Promise.all(TARGETS.map(async (target) => [target, await settingsOf(target)])));
}

async function becomesReady(port, child) {
  for (const endMs = Date.now() + READY_MS_MAX; Date.now() < endMs && child.exitCode === null; ) {
    const answer = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => null);
    if (answer?.ok) return true;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return false;
}

/** A page that the `type` of a problem document names. */
async function servesErrorPages(port) {
  const answer = await fetch(`http://127.0.0.1:${port}/docs/errors/not_found`).catch(() => null);
  return answer?.status === 200 && (await answer.text()).startsWith('# not_found\n');
}

async function check(postgres) {
  const builder = new StageBuilder({ context, scratch, args: { EXAMPLE: 'content' } });
  const images = Object.fromEntries(TARGETS.map((target) => [target, builder.build(target)]));
  for (const target of TARGETS) {
    const [code] = await once(start(images[target], {}), 'exit');
    verdict(code === EXIT_CONFIG, `${target} refuses to start without a configuration (exit code ${code})`);
  }
  const services = ['runtime', 'curator', 'smart-city', 'content:realm=content'];
  spawnSync('sh', [join(context, 'tools', 'make-certificates.sh'), tls, ...services], {
    stdio: ['ignore', 2, 'ignore'],
  });
  const configured = await settings(postgres.url);
  for (const target of TARGETS) {
    const child = start(images[target], configured[target].env);
    running.push({ target, child });
    verdict(await becomesReady(configured[target].healthPort, child), `${target} becomes ready`);
  }
  verdict(
    await servesErrorPages(configured.runtime.env.INTENDANT_RUNTIME_PORT),
    'runtime serves the pages of its error codes',
  );
  for (const { target, child } of running.splice(0).reverse()) {
    if (child.exitCode === null) child.kill('SIGTERM');
    const code = child.exitCode ?? (await once(child, 'exit'))[0];
    verdict(code === 0, `${target} drains (exit code ${code})`);
  }
}

const postgres = await startPostgres({ dataDir: join(scratch, 'postgres') });
try {
  await check(postgres);
} finally {
  for (const { child } of running) child.kill('SIGKILL');
  await postgres.destroy();
  rmSync(scratch, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
