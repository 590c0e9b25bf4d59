import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const KAFKA_VERSION = '4.3.1';
/** Must be the version of the log4j-core that comes with the broker. */
const LOG_BINDING_VERSION = '2.25.4';

/** Where the broker's jars are. */
export const kafkaHome = (): string =>
  process.env['INTENDANT_KAFKA_HOME'] ?? join(homedir(), '.cache', 'intendant', `kafka-${KAFKA_VERSION}`);

const program = (name: string): string | undefined =>
  (process.env['PATH'] ?? '')
    .split(':')
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));

/** True when a broker can be started here, else what is missing. */
export function kafkaInstalled(): true | string {
  if (program('java') === undefined) return 'java is not on the path';
  const jars = existsSync(kafkaHome()) ? readdirSync(kafkaHome()) : [];
  const broker = `kafka_2.13-${KAFKA_VERSION}.jar`;
  return jars.includes(broker) ? true : `${broker} is not in ${kafkaHome()}`;
}

const dependency = (group: string, artifact: string, version: string): string =>
  `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>local</groupId><artifactId>kafka-for-tests</artifactId><version>1</version><packaging>pom</packaging><dependencies>
${dependency('org.apache.kafka', 'kafka_2.13', KAFKA_VERSION)}
${dependency('org.apache.logging.log4j', 'log4j-slf4j-impl', LOG_BINDING_VERSION)}
</dependencies></project>
`;

/** Installs Java and Maven from the system's packages when they are missing, and the broker's jars. Needs root for the former. */
export async function installKafka(): Promise<void> {
  if (kafkaInstalled() === true) return;
  const missing = [
    ...(program('java') === undefined ? ['openjdk-17-jre-headless'] : []),
    ...(program('mvn') === undefined ? ['maven'] : []),
  ];
  if (missing.length > 0) {
    await run('apt-get', ['update', '-q']);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...missing], { env });
  }
  const scratch = mkdtempSync(join(tmpdir(), 'intendant-kafka-pom-'));
  try {
    writeFileSync(join(scratch, 'pom.xml'), POM);
    mkdirSync(kafkaHome(), { recursive: true });
    const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${kafkaHome()}`];
    await run('mvn', ['-B', '-q', '-f', join(scratch, 'pom.xml'), ...goal]);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  const installed = kafkaInstalled();
  if (installed !== true) throw new Error(`Kafka could not be installed: ${installed}`);
}
