import { buildStale } from '../build-stale.mjs';
import { canRun, installPackages, mayInstall } from './install.mjs';

/** The last node of a cluster has no quorum left to say goodbye to, and would wait for minutes. */
const GRACE_MS = 5_000;

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

const kafkaOf = (count) => ({
  variable: 'INTENDANT_KAFKA_BROKERS',
  signal: 'SIGTERM',
  graceMs: GRACE_MS,
  /** Brokers are started by a library of the checkout. */
  prepare: async () => {
    if ((await buildStale(['libs/wal-kafka'])) !== 0) throw new Error('libs/wal-kafka could not be built');
  },
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
    const { startKafka } = await brokersOrRefuse();
    const { brokers: urls, nodes } = await startKafka({ directory, brokers: count, detached: true });
    const [pid, ...otherPids] = nodes.map((node) => node.pid);
    return { url: urls.join(','), pid, otherPids };
  },
});

export const kafka = kafkaOf(1);
export const kafkaCluster = kafkaOf(3);
