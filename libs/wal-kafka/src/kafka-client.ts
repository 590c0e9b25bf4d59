import kafkajs, { type Admin, type Kafka, type KafkaConfig, type SASLOptions } from 'kafkajs';
import type { KafkaFrameLogOptions } from './options.js';

export const REQUEST_TIMEOUT_MS = 4_000;
const CONNECTION_TIMEOUT_MS = 3_000;

/** Few and quick: whoever calls has a deadline of its own and knows better when to give up. */
const RETRIES = { retries: 2, initialRetryTime: 100, multiplier: 2, maxRetryTime: 1_000 } as const;

export function kafkaClient(options: KafkaFrameLogOptions): Kafka {
  const config: KafkaConfig = {
    brokers: [...options.brokers],
    clientId: options.clientId ?? 'intendant',
    ssl: options.tls ?? false,
    ...(options.password === undefined ? {} : { sasl: { ...options.password } as SASLOptions }),
    requestTimeout: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    retry: RETRIES,
    logLevel: options.logLevel ?? kafkajs.logLevel.WARN,
    logCreator: options.logCreator ?? (() => () => undefined),
  };
  return new kafkajs.Kafka(config);
}

/** An admin connection for one piece of work. None is kept: one that outlived its broker would fail the next piece. */
export async function withAdmin<T>(kafka: Kafka, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await work(admin);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
