import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installKafka, kafkaInstalled } from './kafka-installation.js';
import { type RunningKafka, type StartKafkaOptions, startKafka } from './start-kafka.js';

const isSet = (name: string): boolean => !['', '0', 'false'].includes(process.env[name] ?? '');
const onCi = isSet('CI');

/** Whether specs may use Kafka; on CI they must, and a missing one is installed or fails them. */
export const hasKafka = onCi || isSet('INTENDANT_TEST_INSTALL') || kafkaInstalled() === true;

/** For the hook that starts a broker, and perhaps installs one first. */
export const KAFKA_START_TIMEOUT_MS = 300_000;

/** To be put into the name of a suite that starts brokers of its own. */
export const withoutKafka = hasKafka ? '' : ` (skipped: ${kafkaInstalled()})`;

/** Whether there is a broker for specs that only use one. */
export const hasKafkaForTests = hasKafka || isSet('INTENDANT_TEST_KAFKA_BROKERS');

if (!hasKafka)
  console.warn(`tests that start Kafka are skipped: ${kafkaInstalled()}; INTENDANT_TEST_INSTALL=1 installs it`);

/** A new cluster of a spec's own, in a folder below the system's temporary one that goes when it stops. */
export async function startOwnKafka(options: Omit<StartKafkaOptions, 'directory'>): Promise<RunningKafka> {
  await installKafka();
  const directory = mkdtempSync(join(tmpdir(), 'intendant-kafka-'));
  const kafka = await startKafka({ ...options, directory });
  const stop = async () => {
    await kafka.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  return { ...kafka, stop };
}

/** The broker that INTENDANT_TEST_KAFKA_BROKERS names (`host:port`, separated by commas), else one that is started for this spec file. */
export async function kafkaForTests(): Promise<Pick<RunningKafka, 'brokers' | 'stop'>> {
  const given = process.env['INTENDANT_TEST_KAFKA_BROKERS'] ?? '';
  if (given !== '') return { brokers: given.split(','), stop: async () => undefined };
  return startOwnKafka({ brokers: 1 });
}
