// Runs the servers that tests and trials need: npm run services -- up|down|status [redis] [postgres] [kafka] [kafka-cluster]
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kafka, kafkaCluster } from './services/kafka.mjs';
import { postgres } from './services/postgres.mjs';
import { redis } from './services/redis.mjs';
import { end, isRunning, pidsOf, readState, startOf, writeState } from './services/running.mjs';

const SERVICES = { redis, postgres, kafka, 'kafka-cluster': kafkaCluster };
/** Without names `up` starts these, as far as they are installed. */
const USUAL = ['redis', 'postgres', 'kafka'];
const USAGE = `npm run services -- up|down|status [${Object.keys(SERVICES).join('] [')}] [--purge]`;

const root = fileURLToPath(new URL('..', import.meta.url));
const directory = resolve(process.env.INTENDANT_SERVICES_DIR ?? join(root, '.intendant', 'services'));

async function up(named) {
  let failed = 0;
  for (const name of named.length > 0 ? named : USUAL) {
    try {
      console.log(await started(name));
    } catch (error) {
      // what was not asked for by name may be missing
      if (named.length > 0) failed += 1;
      console.error(`${name}: ${error.message}`);
    }
  }
  return failed === 0 ? 0 : 1;
}

/** Starts the service unless it runs, and tells how to reach it. */
async function started(name) {
  const service = SERVICES[name];
  const state = readState(directory);
  if (state[name] === undefined || !isRunning(state[name])) {
    await service.prepare?.();
    if (!(await service.isInstalled())) await service.install();
    // of several processes some may be left
    if (state[name] !== undefined) await end(state[name]);
    const { url, pid, otherPids = [] } = await service.start(join(directory, name));
    const { signal, graceMs } = service;
    const others = otherPids.map((other) => ({ pid: other, startedAt: startOf(other) }));
    writeState(directory, { ...state, [name]: { url, pid, startedAt: startOf(pid), others, signal, graceMs } });
  }
  return `${name}: ${service.variable}=${readState(directory)[name].url}`;
}

async function down(named, purge) {
  const state = readState(directory);
  for (const name of named.length > 0 ? named : Object.keys(SERVICES)) {
    if (state[name] !== undefined) {
      await end(state[name]);
      delete state[name];
      writeState(directory, state);
      console.log(`${name}: stopped`);
    }
    if (purge) rmSync(join(directory, name), { recursive: true, force: true });
  }
  if (purge && Object.keys(state).length === 0) rmSync(directory, { recursive: true, force: true });
  return 0;
}

function status(named) {
  const state = readState(directory);
  for (const name of named.length > 0 ? named : Object.keys(SERVICES)) {
    const known = state[name];
    if (known === undefined) console.log(`${name}: not started`);
    else if (isRunning(known))
      console.log(`${name}: runs, pid ${pidsOf(known).join(' ')}, ${SERVICES[name].variable}=${known.url}`);
    else console.log(`${name}: has ended by itself; its files are in ${join(directory, name)}`);
  }
  return 0;
}

const [command, ...rest] = process.argv.slice(2);
const names = rest.filter((argument) => !argument.startsWith('--'));
const commands = {
  up: () => up(names),
  down: () => down(names, rest.includes('--purge')),
  status: () => status(names),
};
const unknown = names.find((name) => SERVICES[name] === undefined);
if (commands[command] === undefined || unknown !== undefined) {
  if (commands[command] !== undefined) console.error(`no service is called ${unknown}`);
  console.error(USAGE);
  process.exitCode = 2;
} else {
  process.exitCode = await commands[command]();
}
