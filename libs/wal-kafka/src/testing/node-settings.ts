/** Ports of one node of a cluster; all on the loopback address. */
export interface NodePorts {
  readonly broker: number;
  readonly controller: number;
}

/** Settings of a cluster's n-th node, each of them broker and controller; timeouts are short so that a restart is quick. */
export function nodeSettings(
  index: number,
  ports: readonly NodePorts[],
  dataDirectory: string,
  more: Readonly<Record<string, string>>,
): string {
  const { broker, controller } = ports[index] as NodePorts;
  const replicas = String(ports.length);
  const insync = String(Math.max(1, ports.length - 1));
  const settings: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': String(index + 1),
    'controller.quorum.voters': ports.map((node, at) => `${at + 1}@127.0.0.1:${node.controller}`).join(','),
    listeners: `BROKER://127.0.0.1:${broker},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `BROKER://127.0.0.1:${broker}`,
    'listener.security.protocol.map': 'BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'BROKER',
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': dataDirectory,
    'auto.create.topics.enable': 'false',
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': '1',
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': insync,
    'transaction.state.log.num.partitions': '1',
    'broker.session.timeout.ms': '2000',
    'broker.heartbeat.interval.ms': '300',
    'replica.lag.time.max.ms': '3000',
    'controller.quorum.fetch.timeout.ms': '1000',
    'controller.quorum.election.timeout.ms': '500',
    'controller.quorum.election.backoff.max.ms': '300',
    'num.network.threads': '2',
    'num.io.threads': '4',
    'background.threads': '2',
    'log.cleaner.dedupe.buffer.size': '2097152',
    ...more,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

const LISTENERS = /^listeners=BROKER:\/\/127\.0\.0\.1:(\d+),CONTROLLER:\/\/127\.0\.0\.1:(\d+)$/m;

/** What a node with these settings listens on, or null where they name other listeners. */
export function portsIn(settings: string): NodePorts | null {
  const found = LISTENERS.exec(settings);
  return found === null ? null : { broker: Number(found[1]), controller: Number(found[2]) };
}

/** Warnings and errors only, on standard error. */
export const LOGGING = `status = error
appender.err.type = Console
appender.err.name = err
appender.err.target = SYSTEM_ERR
appender.err.layout.type = PatternLayout
appender.err.layout.pattern = %d{ISO8601} %p %c{1}: %m%n
rootLogger.level = warn
rootLogger.appenderRef.err.ref = err
`;
