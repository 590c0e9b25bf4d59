import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { javaProgram } from './kafka-installation.js';
import { javaArguments, KafkaNode } from './kafka-node.js';
import { LOGGING, type NodePorts, nodeSettings } from './node-settings.js';

const run = promisify(execFile);

export interface StartKafkaOptions {
  /** Absolute path; made when missing. Holds everything that the brokers write. */
  readonly directory: string;
  readonly brokers: 1 | 3;
  /** Put over the usual ones of every node. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface RunningKafka {
  /** `host:port` of every broker. */
  readonly brokers: readonly string[];
  /** In the order of their node ids, which begin at 1. */
  readonly nodes: readonly KafkaNode[];
  stop(): Promise<void>;
}

/** Any id will do; all nodes of a cluster have the same. */
const CLUSTER_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';

/** A new cluster on free ports of the loopback address, ready to be used. */
export async function startKafka({ directory, brokers, settings = {} }: StartKafkaOptions): Promise<RunningKafka> {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'log4j2.properties'), LOGGING);
  const free = await freePorts(brokers * 2);
  const ports = Array.from(
    { length: brokers },
    (_, index): NodePorts => ({ broker: free[index * 2] as number, controller: free[index * 2 + 1] as number }),
  );
  const nodes = await Promise.all(
    ports.map(async ({ broker }, index) => {
      const name = `node-${index + 1}`;
      const file = join(directory, `${name}.properties`);
      writeFileSync(file, nodeSettings(index, ports, join(directory, name), settings));
      await run(
        javaProgram(),
        javaArguments(directory, 'kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', file),
      );
      return new KafkaNode(directory, name, broker);
    }),
  );
  const stop = async () => void (await Promise.all(nodes.map((node) => node.stop())));
  try {
    for (const node of nodes) node.start();
    await Promise.all(nodes.map((node) => node.ready()));
  } catch (error) {
    await stop();
    throw error;
  }
  return { brokers: ports.map(({ broker }) => `127.0.0.1:${broker}`), nodes, stop };
}

/** Ports that nothing listened on a moment ago, all different. */
async function freePorts(count: number): Promise<readonly number[]> {
  const probes = await Promise.all(
    Array.from({ length: count }, async () => {
      const probe = createServer();
      await new Promise<void>((resolve) => void probe.listen(0, '127.0.0.1', resolve));
      return probe;
    }),
  );
  const ports = probes.map((probe) => (probe.address() as AddressInfo).port);
  await Promise.all(probes.map((probe) => new Promise((resolve) => probe.close(resolve))));
  return ports;
}
