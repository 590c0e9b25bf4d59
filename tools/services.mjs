// Runs the servers that tests and trials need: npm run services -- up|down|status [redis] [postgres] [kafka] [kafka-cluster]
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { kafka, kafkaCluster, keepKafka } from './services/kafka.mjs';
import { postgres } from './services/postgres.mjs';
import { redis } from './services/redis.mjs';
import { end, isRunning, readState, startOf, writeState } from './services/running.mjs';

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
    if (!(await service.isInstalled())) await service.install();
    const { url, pid } = await service.start(join(directory, name));
    writeState(directory, { ...state, [name]: { url, pid, startedAt: startOf(pid), signal: service.signal } });
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
    else if (isRunning(known)) console.log(`${name}: runs, pid ${known.pid}, ${SERVICES[name].variable}=${known.url}`);
    else console.log(`${name}: has ended by itself; its files are in ${join(directory, name)}`);
  }
  return 0;
}

const [command, ...rest] = process.argv.slice(2);
const names = rest.filter((argument) => !argument.startsWith('--'));
if (command === 'keep-kafka') await keepKafka(rest[0], Number(rest[1]));
const commands = {
  up: () => up(names),
  down: () => down(names, rest.includes('--purge')),
  status: () => status(names),
};
if (commands[command] === undefined || names.some((name) => SERVICES[name] === undefined)) {
  console.error(USAGE);
  process.exitCode = 2;
} else {
  process.exitCode = await commands[command]();
}
