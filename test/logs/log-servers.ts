import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FrameLog } from '@intendant/wal';
import { openKafkaFrameLog } from '@intendant/wal-kafka';
import { hasKafka, type KafkaNode, startOwnKafka } from '@intendant/wal-kafka/testing';
import { openRedisFrameLog } from '@intendant/wal-redis';
import { redisInstalled, startRedis } from '@intendant/wal-redis/testing';
import { describe } from '@jest/globals';
import type { CuttingProxy } from './cutting-proxy.js';

/** One server that holds logs. */
export interface LogServer {
  /** What the backend's function of the same purpose takes to open the log of this name. */
  optionsOf(name: string): Parameters<typeof openRedisFrameLog>[0] | Parameters<typeof openKafkaFrameLog>[0];
  /**
   * A handle on the log of this name, made when there is none. An impatient one gives up early what its client would repeat
   * for seconds, so that more appends end in doubt.
   */
  open(name: string, isImpatient?: boolean): Promise<FrameLog>;
  /** As `kill -9` does; its files stay. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface LogBackend {
  readonly name: 'redis' | 'kafka';
  /** Whether these first bytes of a request belong to an append or a claim. */
  readonly isWrite: (request: Buffer) => boolean;
  /** Starts a server of its own. With a proxy, all that `open` gives goes through it. */
  readonly start: (partitionCount: number, proxy?: CuttingProxy) => Promise<LogServer>;
}

const PRODUCE = 0;
/** Enough for two connections and a little more. */
const IMPATIENT_MS = 600;

export const REDIS: LogBackend = {
  name: 'redis',
  isWrite: (request) => request.includes('intendant_wal_append') || request.includes('intendant_wal_claim'),
  start: async (partitionCount, proxy) => {
    const directory = mkdtempSync(join(tmpdir(), 'intendant-redis-'));
    const server = await startRedis({ directory });
    proxy?.passTo(server.port);
    const url = proxy === undefined ? server.url : `redis://127.0.0.1:${proxy.port}`;
    const optionsOf = (name: string) => ({ url, prefix: name, partitionCount });
    return {
      optionsOf,
      // never repeats anything
      open: (name) => openRedisFrameLog(optionsOf(name)),
      kill: () => server.kill(),
      restart: () => server.restart(),
      stop: async () => {
        await server.stop();
        rmSync(directory, { recursive: true, force: true });
      },
    };
  },
};

export const KAFKA: LogBackend = {
  name: 'kafka',
  // length in four bytes, then which request it is
  isWrite: (request) => request.length > 6 && request.readInt16BE(4) === PRODUCE,
  start: async (partitionCount, proxy) => {
    const settings: Record<string, string> =
      proxy === undefined ? {} : { 'advertised.listeners': `BROKER://127.0.0.1:${proxy.port}` };
    const kafka = await startOwnKafka({ brokers: 1, settings });
    const node = kafka.nodes[0] as KafkaNode;
    proxy?.passTo(node.port);
    const brokers = proxy === undefined ? kafka.brokers : [`127.0.0.1:${proxy.port}`];
    const optionsOf = (name: string) => ({ brokers, topic: name, partitionCount });
    return {
      optionsOf,
      open: (name, isImpatient = false) =>
        openKafkaFrameLog({ ...optionsOf(name), ...(isImpatient && { operationTimeoutMs: IMPATIENT_MS }) }),
      kill: () => node.kill(),
      restart: () => node.restart(),
      stop: () => kafka.stop(),
    };
  },
};

const isInstalled = { redis: redisInstalled(), kafka: hasKafka };
const mustRun = !['', '0', 'false'].includes(process.env['CI'] ?? '');
// what Kafka lacks, its own library says
if (!isInstalled.redis && !mustRun) console.warn('tests on Redis are skipped: redis-server is not installed');

/** A suite on a real server; skipped where there is none, except with CI set. */
export function describeOn({ name }: LogBackend, title: string, suite: () => void): void {
  (isInstalled[name] || mustRun ? describe : describe.skip)(`${title}: ${name}`, suite);
}
