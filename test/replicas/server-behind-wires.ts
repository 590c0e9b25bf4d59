import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOwnKafka } from '@intendant/wal-kafka/testing';
import { freePort } from '@intendant/wal-redis/testing';
import { until } from '../e2e/cluster.js';
import type { NetworkNamespace } from './network-namespace.js';

/** The log's server in a network of its own, reached over wires that can be cut. */
export interface ServerBehindWires {
  /** Settings of a Runtime that reaches it over one of the wires. */
  envOver(wire: number): Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

const answers = (host: string, port: number): Promise<true | undefined> =>
  new Promise((resolve) => {
    const socket = connect(port, host, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(undefined));
  });

export async function redisBehindWires(
  network: NetworkNamespace,
  wires: readonly string[],
): Promise<ServerBehindWires> {
  const directory = mkdtempSync(join(tmpdir(), 'intendant-network-'));
  const port = await freePort();
  const settings = { port: String(port), bind: '0.0.0.0', 'protected-mode': 'no', dir: directory, save: '' };
  const durable = { appendonly: 'yes', appendfsync: 'always', 'maxmemory-policy': 'noeviction' };
  const args = Object.entries({ ...settings, ...durable }).flatMap(([name, value]) => [`--${name}`, value]);
  const server = network.spawn(['redis-server', ...args], { stdio: 'ignore' });
  await until('Redis answers', () => answers(wires[0] as string, port));
  return {
    envOver: (wire) => ({ INTENDANT_WAL: 'redis', INTENDANT_REDIS_URL: `redis://${wires[wire]}:${port}` }),
    stop: async () => {
      const ended = once(server, 'exit');
      server.kill('SIGTERM');
      await ended;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A broker names itself to clients by the address that they came to, so each wire has a listener. */
export async function kafkaBehindWires(
  network: NetworkNamespace,
  wires: readonly string[],
): Promise<ServerBehindWires> {
  const ports = await Promise.all(wires.map(freePort));
  const listeners = wires.map((host, wire) => `WIRE${wire}://${host}:${ports[wire]}`);
  const controller = `127.0.0.1:${await freePort()}`;
  const server = await startOwnKafka({
    brokers: 1,
    settings: {
      'controller.quorum.voters': `1@${controller}`,
      listeners: [...listeners, `CONTROLLER://${controller}`].join(','),
      'advertised.listeners': listeners.join(','),
      'listener.security.protocol.map': [...wires.map((_host, wire) => `WIRE${wire}`), 'CONTROLLER']
        .map((name) => `${name}:PLAINTEXT`)
        .join(','),
      'inter.broker.listener.name': 'WIRE0',
    },
    place: { command: network.command, host: wires[0] as string, port: ports[0] as number },
  });
  return {
    envOver: (wire) => ({ INTENDANT_WAL: 'kafka', INTENDANT_KAFKA_BROKERS: `${wires[wire]}:${ports[wire]}` }),
    stop: () => server.stop(),
  };
}
