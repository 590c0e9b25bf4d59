import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { javaProgram } from './kafka-installation.js';
import { javaArguments, KafkaNode, type NodePlace } from './kafka-node.js';
import { LOGGING, type NodePorts, nodeSettings, portsIn } from './node-settings.js';

const run = promisify(execFile);

export interface StartKafkaOptions {
  /** Absolute path; made when missing. Holds everything that the brokers write. */
  readonly directory: string;
  readonly brokers: 1 | 3;
  /** Put over the usual ones of every node. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The brokers go on when this process ends; whoever asks for it ends them by their pids. */
  readonly detached?: boolean;
  /** Where a single broker runs, when `settings` have it listen elsewhere than on the loopback address. */
  readonly place?: NodePlace;
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

/** A cluster on the loopback address, ready to be used: on free ports, or with the ports and data that the directory has. */
export async function startKafka(options: StartKafkaOptions): Promise<RunningKafka> {
  const { directory, brokers, settings = {}, detached = false } = options;
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'log4j2.properties'), LOGGING);
  const names = Array.from({ length: brokers }, (_, index) => `node-${index + 1}`);
  const ports = await portsOf(names.map((name) => settingsFile(directory, name)));
  const nodes = await Promise.all(
    names.map(async (name, index) => {
      const file = settingsFile(directory, name);
      writeFileSync(file, nodeSettings(index, ports, join(directory, name), settings));
      // what is formatted already stays as it is, also when an earlier start was interrupted between two nodes
      const format = ['format', '--ignore-formatted', '-t', CLUSTER_ID, '-c', file];
      await run(javaProgram(), javaArguments(directory, 'kafka.tools.StorageTool', ...format));
      const loopback = { command: [], host: '127.0.0.1', port: (ports[index] as NodePorts).broker };
      return new KafkaNode(directory, name, options.place ?? loopback, detached);
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

const settingsFile = (directory: string, name: string): string => join(directory, `${name}.properties`);

/** Those of earlier settings, which clients and the data know by now; free ones where any are missing. */
async function portsOf(files: readonly string[]): Promise<readonly NodePorts[]> {
  const before = files.map((file) => (existsSync(file) ? portsIn(readFileSync(file, 'utf8')) : null));
  const free = await freePorts(files.length * 2);
  const fresh = files.map(
    (_, index): NodePorts => ({ broker: free[index * 2] as number, controller: free[index * 2 + 1] as number }),
  );
  return before.every((ports) => ports !== null) ? before : fresh;
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
