import { spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { canRun, installPackages, mayInstall } from './install.mjs';
import { untilReady } from './running.mjs';

const READY_WITHIN_MS = 120_000;
const PROGRAM = fileURLToPath(new URL('../services.mjs', import.meta.url));

/** The part of the Kafka log that knows how to run brokers; null while it is not built or not there. */
async function brokers() {
  try {
    const testing = await import('@intendant/wal-kafka/testing');
    return typeof testing.startKafka === 'function' ? testing : null;
  } catch {
    return null;
  }
}

async function brokersOrRefuse() {
  const testing = await brokers();
  if (testing === null)
    throw new Error('Kafka is not available: @intendant/wal-kafka/testing is missing or not built (npx tsc -b)');
  return testing;
}

/** Brokers live as long as the process that started them, so one is kept for them. */
const kafkaOf = (count) => ({
  variable: 'INTENDANT_KAFKA_BROKERS',
  signal: 'SIGTERM',
  isInstalled: async () => {
    const testing = await brokers();
    return testing !== null && canRun('java', '-version') && testing.kafkaInstalled() === true;
  },
  install: async () => {
    const testing = await brokersOrRefuse();
    const missing = [
      ...(canRun('java', '-version') ? [] : ['openjdk-17-jre-headless']),
      ...(canRun('mvn', '-v') ? [] : ['maven']),
    ];
    if (missing.length > 0) installPackages('Java for Kafka', missing);
    if (!mayInstall)
      throw new Error('Kafka’s jars are not there (set INTENDANT_TEST_INSTALL=1, and this fetches them)');
    await testing.installKafka();
  },
  async start(directory) {
    await brokersOrRefuse();
    mkdirSync(directory, { recursive: true });
    const logFile = join(directory, 'keeper.log');
    const log = openSync(logFile, 'w');
    const args = [PROGRAM, 'keep-kafka', directory, String(count)];
    const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', log, log] });
    const told = () => /^brokers (\S+)$/m.exec(readFileSync(logFile, 'utf8'))?.[1];
    await untilReady(child, () => told() !== undefined, READY_WITHIN_MS, logFile);
    child.unref();
    return { url: told(), pid: child.pid };
  },
});

export const kafka = kafkaOf(1);
export const kafkaCluster = kafkaOf(3);

/** Runs brokers until it is told to end. */
export async function keepKafka(directory, count) {
  const { startKafka } = await brokersOrRefuse();
  const running = await startKafka({ directory, brokers: count });
  console.log(`brokers ${running.brokers.join(',')}`);
  await new Promise((resolve) => {
    const alive = setInterval(() => undefined, 60_000);
    process.once('SIGTERM', () => {
      clearInterval(alive);
      resolve();
    });
  });
  // asked again while it is stopping
  process.on('SIGTERM', () => undefined);
  await running.stop();
  process.exit(0);
}
