import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const KAFKA_VERSION = '4.3.1';
/** Must be the version of the log4j-core that comes with the broker. */
const LOG_BINDING_VERSION = '2.25.4';
const BROKER_JAR = `kafka_2.13-${KAFKA_VERSION}.jar`;

/** Where the broker's jars are. */
export const kafkaHome = (): string =>
  process.env['INTENDANT_KAFKA_HOME'] ?? join(homedir(), '.cache', 'intendant', `kafka-${KAFKA_VERSION}`);

const program = (name: string): string | undefined =>
  (process.env['PATH'] ?? '')
    .split(':')
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));

/** Path of the `java` program; throws when there is none. */
export function javaProgram(): string {
  const java = program('java');
  if (java === undefined) throw new Error('java is not on the path');
  return java;
}

/** True when a broker can be started here, else what is missing. */
export function kafkaInstalled(): true | string {
  if (program('java') === undefined) return 'java is not on the path';
  const jars = existsSync(kafkaHome()) ? readdirSync(kafkaHome()) : [];
  return jars.includes(BROKER_JAR) ? true : `${BROKER_JAR} is not in ${kafkaHome()}`;
}

const dependency = (group: string, artifact: string, version: string): string =>
  `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>local</groupId><artifactId>kafka-for-tests</artifactId><version>1</version><packaging>pom</packaging><dependencies>
${dependency('org.apache.kafka', 'kafka_2.13', KAFKA_VERSION)}
${dependency('org.apache.logging.log4j', 'log4j-slf4j-impl', LOG_BINDING_VERSION)}
</dependencies></project>
`;

/** Waits for its turn, looks again, and puts the jars into place all at once, so that several may ask for them together. */
const INSTALL = `
test -f "$KAFKA_HOME/$BROKER_JAR" && command -v java && exit 0
if ! command -v java || ! command -v mvn; then
  apt-get update -q && apt-get install -y -q --no-install-recommends maven openjdk-17-jre-headless
fi
rm -rf "$KAFKA_HOME.new"
mvn -B -q -f "$POM" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$KAFKA_HOME.new"
rm -rf "$KAFKA_HOME" && mv "$KAFKA_HOME.new" "$KAFKA_HOME"
`;

/** Installs the broker's jars, and Java and Maven from the system's packages when they are missing, for which it must be root. */
export async function installKafka(): Promise<void> {
  if (kafkaInstalled() === true) return;
  const home = kafkaHome();
  mkdirSync(dirname(home), { recursive: true });
  const scratch = mkdtempSync(join(tmpdir(), 'intendant-kafka-pom-'));
  try {
    const pom = join(scratch, 'pom.xml');
    writeFileSync(pom, POM);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', KAFKA_HOME: home, BROKER_JAR, POM: pom };
    await run('flock', [`${home}.lock`, 'sh', '-euc', INSTALL], { env });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  const installed = kafkaInstalled();
  if (installed !== true) throw new Error(`Kafka could not be installed: ${installed}`);
}
