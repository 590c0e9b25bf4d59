import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { START_CURSOR } from '@intendant/wal';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openKafkaFrameLog } from './open-kafka-frame-log.js';
import type { KafkaFrameLogOptions } from './options.js';
import { hasKafka, KAFKA_START_TIMEOUT_MS, startOwnKafka, withoutKafka } from './testing/kafka-for-tests.js';
import { javaProgram } from './testing/kafka-installation.js';
import { scratchTopic } from './testing/scratch-topic.js';
import type { RunningKafka } from './testing/start-kafka.js';
import { TestWriter } from './testing/test-writer.js';
import { until } from './testing/until.js';

const run = promisify(execFile);
const LOGIN = 'org.apache.kafka.common.security.plain.PlainLoginModule';
const STORE_PASSWORD = 'for-tests';

(hasKafka ? describe : describe.skip)(`a broker that asks for a password behind TLS${withoutKafka}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'intendant-kafka-keys-'));
  const topic = scratchTopic();
  let kafka: RunningKafka;
  let authority: string;

  beforeAll(async () => {
    const store = join(folder, 'broker.p12');
    const certificate = join(folder, 'broker.pem');
    const of = ['-alias', 'broker', '-keystore', store, '-storetype', 'PKCS12', '-storepass', STORE_PASSWORD];
    const names = ['-dname', 'CN=127.0.0.1', '-ext', 'SAN=IP:127.0.0.1'];
    const settings = {
      'listener.security.protocol.map': 'BROKER:SASL_SSL,CONTROLLER:PLAINTEXT',
      'sasl.enabled.mechanisms': 'PLAIN',
      'sasl.mechanism.inter.broker.protocol': 'PLAIN',
      'listener.name.broker.plain.sasl.jaas.config': `${LOGIN} required username="me" password="secret" user_me="secret";`,
      'ssl.keystore.location': store,
      'ssl.keystore.password': STORE_PASSWORD,
      'ssl.truststore.location': store,
      'ssl.truststore.password': STORE_PASSWORD,
    };
    const keytool = join(dirname(javaProgram()), 'keytool');
    await run(keytool, ['-genkeypair', '-keyalg', 'RSA', '-validity', '2', ...of, ...names]);
    await run(keytool, ['-exportcert', '-rfc', '-file', certificate, ...of]);
    authority = readFileSync(certificate, 'utf8');
    kafka = await startOwnKafka({ brokers: 1, settings });
  }, KAFKA_START_TIMEOUT_MS);
  afterAll(async () => {
    await kafka.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = (more: Partial<KafkaFrameLogOptions>) =>
    openKafkaFrameLog({ brokers: kafka.brokers, topic, partitionCount: 1, ...more });
  const password = { mechanism: 'plain', username: 'me', password: 'secret' } as const;

  it('is written, read and followed with both', async () => {
    const log = await open({ tls: { ca: [authority] }, password });
    let told = 0;
    const stop = log.follow(0, START_CURSOR, {
      onFrames: (frames) => {
        told += frames.length;
      },
      onTrouble: () => undefined,
    });
    const writer = new TestWriter(log);
    await writer.appendUntil(() => writer.acknowledged.length === 3);
    expect(writer.failures).toEqual([]);
    expect(await log.read(0, START_CURSOR, 10)).toHaveLength(4);
    await until(() => told === 4);
    await stop();
    await log.close();
  });

  it('lets nobody in with another password, or who does not know its authority', async () => {
    const wrong = { ...password, password: 'guessed' };
    await expect(open({ tls: { ca: [authority] }, password: wrong })).rejects.toThrow('Authentication failed');
    await expect(open({ tls: true, password })).rejects.toThrow('self-signed certificate');
  });
});
