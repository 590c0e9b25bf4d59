// The log's servers, started anew for the bench: what Runtime and floor must know to reach them, and the pids to count.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKafka } from '@intendant/wal-kafka/testing';
// not by the package's name: what stands behind that needs the test runner
import { startRedis } from '../../libs/wal-redis/dist/testing/start-redis.js';

/** What `--wal` takes; `kafka` is one broker that syncs each append, `kafka3` three of which two must have it. */
export const ENGINES = ['sqlite', 'redis', 'kafka', 'kafka3'];

/**
 * `env` is for the Runtime, `floorLog` the module and its settings for the floor; nothing is started for SQLite.
 * Every cluster of one engine needs a name of its own, so that they share servers and no log.
 */
export async function startEngine(name) {
  if (name === 'redis') return redisEngine();
  if (name === 'kafka') return kafkaEngine(name, 1, 1);
  if (name === 'kafka3') return kafkaEngine(name, 3, 2);
  return {
    name,
    env: () => ({ INTENDANT_WAL: 'sqlite' }),
    floorLog: { module: 'sqlite', settings: {} },
    pids: () => ({}),
    stop: async () => undefined,
  };
}

async function redisEngine() {
  const redis = await startRedis();
  return {
    name: 'redis',
    env: (cluster) => ({
      INTENDANT_WAL: 'redis',
      INTENDANT_REDIS_URL: redis.url,
      INTENDANT_REDIS_PREFIX: `bench-${cluster}`,
    }),
    floorLog: { module: 'redis', settings: { url: redis.url } },
    pids: () => ({ redis: redis.pid }),
    stop: () => redis.stop(),
  };
}

async function kafkaEngine(name, brokers, minInsync) {
  const directory = await mkdtemp(join(tmpdir(), 'intendant-bench-kafka-'));
  const kafka = await startKafka({ directory, brokers });
  return {
    name,
    env: (cluster) => ({
      INTENDANT_WAL: 'kafka',
      INTENDANT_KAFKA_BROKERS: kafka.brokers.join(','),
      INTENDANT_KAFKA_TOPIC: `bench.${cluster}`,
      INTENDANT_KAFKA_MIN_INSYNC: String(minInsync),
    }),
    floorLog: { module: 'kafka', settings: { brokers: kafka.brokers, minInsync } },
    pids: () => Object.fromEntries(kafka.nodes.map(({ pid }, index) => [`broker${index + 1}`, pid])),
    stop: async () => {
      await kafka.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
