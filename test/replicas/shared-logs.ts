import { hasKafka, startOwnKafka } from '@intendant/wal-kafka/testing';
import { describeWithRedis, startRedis } from '@intendant/wal-redis/testing';
import { describe } from '@jest/globals';

/** Servers that keep a log which several Runtimes share. */
export interface SharedLog {
  /** Settings of the Runtime that uses it. */
  readonly env: NodeJS.ProcessEnv;
  /** Ends the one server, or the first of several, as `kill -9` does, and starts it again. */
  killAndRestart(): Promise<void>;
  stop(): Promise<void>;
}

async function redis(): Promise<SharedLog> {
  const server = await startRedis();
  return {
    env: { INTENDANT_WAL: 'redis', INTENDANT_REDIS_URL: server.url },
    killAndRestart: async () => {
      await server.kill();
      await server.restart();
    },
    stop: () => server.stop(),
  };
}

async function kafka(): Promise<SharedLog> {
  const cluster = await startOwnKafka({ brokers: 1 });
  return {
    env: { INTENDANT_WAL: 'kafka', INTENDANT_KAFKA_BROKERS: cluster.brokers.join(',') },
    killAndRestart: async () => {
      await cluster.nodes[0]?.kill();
      await cluster.nodes[0]?.restart();
    },
    stop: () => cluster.stop(),
  };
}

/** The same suite over every kind of server; one that is not installed is left out, except where `CI` is set. */
export function describeOverSharedLogs(name: string, suite: (start: () => Promise<SharedLog>) => void): void {
  describeWithRedis(`${name}, in Redis`, () => suite(redis));
  (hasKafka ? describe : describe.skip)(`${name}, in Kafka`, () => suite(kafka));
}
