import type { EventSink, KafkaEventSinkOptions } from '@intendant/outbox';
import { KafkaEventSink, RedisEventSink } from '@intendant/outbox';
import { z } from 'zod';

/** Largest record of a topic with Kafka's defaults, less what surrounds an event. */
const EVENT_BYTES_MAX = 1_000_000;

/** Where domain events are published, if anywhere. Also read by the process that publishes them. */
export const OutboxVariables = {
  INTENDANT_OUTBOX: z.enum(['none', 'kafka', 'redis']).default('none'),
  /** `host:port,…` */
  INTENDANT_OUTBOX_KAFKA_BROKERS: z
    .string()
    .regex(/^[^\s:,]+:\d+(,[^\s:,]+:\d+)*$/, 'must be host:port,…')
    .optional(),
  INTENDANT_OUTBOX_KAFKA_TLS: z.enum(['0', '1']).default('0'),
  INTENDANT_OUTBOX_KAFKA_MECHANISM: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).default('scram-sha-512'),
  INTENDANT_OUTBOX_KAFKA_USERNAME: z.string().min(1).optional(),
  INTENDANT_OUTBOX_KAFKA_PASSWORD: z.string().min(1).optional(),
  INTENDANT_OUTBOX_TOPIC: z.string().min(1).default('intendant.events'),
  INTENDANT_OUTBOX_REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
  INTENDANT_OUTBOX_STREAM: z.string().min(1).default('intendant:events'),
  /** About so many events stay in the stream; all of them unless given. */
  INTENDANT_OUTBOX_STREAM_EVENTS_KEPT: z.coerce.number().int().positive().optional(),
  /** Refusals that make an event a dead letter. */
  INTENDANT_OUTBOX_ATTEMPTS_MAX: z.coerce.number().int().min(1).max(1_000).default(5),
  INTENDANT_OUTBOX_EVENT_BYTES_MAX: z.coerce.number().int().positive().default(EVENT_BYTES_MAX),
};

const OutboxEnv = z.object(OutboxVariables);
export type OutboxEnv = z.infer<typeof OutboxEnv>;

/** The broker must be named. */
export function outboxRules(env: OutboxEnv & { readonly INTENDANT_MODE: string }): string[] {
  const { INTENDANT_OUTBOX: kind, INTENDANT_OUTBOX_REDIS_URL: url } = env;
  if (kind === 'kafka' && env.INTENDANT_OUTBOX_KAFKA_BROKERS === undefined)
    return ['INTENDANT_OUTBOX_KAFKA_BROKERS: needed with INTENDANT_OUTBOX=kafka'];
  if (kind === 'redis' && url === undefined) return ['INTENDANT_OUTBOX_REDIS_URL: needed with INTENDANT_OUTBOX=redis'];
  if (env.INTENDANT_MODE !== 'production') return [];
  if (kind === 'kafka' && env.INTENDANT_OUTBOX_KAFKA_TLS !== '1')
    return ['INTENDANT_OUTBOX_KAFKA_TLS: must be 1 in production'];
  if (kind === 'redis' && url?.startsWith('rediss:') !== true)
    return ['INTENDANT_OUTBOX_REDIS_URL: must be rediss: in production'];
  return [];
}

/** The settings as variables again, for the process that publishes. */
export const outboxVariablesOf = (env: OutboxEnv): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.keys(OutboxVariables).flatMap((name) => {
      const value = env[name as keyof OutboxEnv];
      return value === undefined ? [] : [[name, String(value)]];
    }),
  );

/** The sink that variables made by {@link outboxVariablesOf} name. */
export function openSink(variables: NodeJS.ProcessEnv): { readonly sink: EventSink; readonly attemptsMax: number } {
  const env = OutboxEnv.parse(variables);
  const sink = env.INTENDANT_OUTBOX === 'kafka' ? new KafkaEventSink(kafkaOptions(env)) : redisSink(env);
  return { sink, attemptsMax: env.INTENDANT_OUTBOX_ATTEMPTS_MAX };
}

function kafkaOptions(env: OutboxEnv): KafkaEventSinkOptions {
  const { INTENDANT_OUTBOX_KAFKA_USERNAME: username, INTENDANT_OUTBOX_KAFKA_PASSWORD: password } = env;
  return {
    brokers: env.INTENDANT_OUTBOX_KAFKA_BROKERS?.split(',') ?? [],
    topic: env.INTENDANT_OUTBOX_TOPIC,
    eventBytesMax: env.INTENDANT_OUTBOX_EVENT_BYTES_MAX,
    tls: env.INTENDANT_OUTBOX_KAFKA_TLS === '1',
    ...(username === undefined || password === undefined
      ? {}
      : { password: { mechanism: env.INTENDANT_OUTBOX_KAFKA_MECHANISM, username, password } }),
  };
}

function redisSink(env: OutboxEnv): EventSink {
  const eventsKept = env.INTENDANT_OUTBOX_STREAM_EVENTS_KEPT;
  return new RedisEventSink({
    url: env.INTENDANT_OUTBOX_REDIS_URL ?? '',
    stream: env.INTENDANT_OUTBOX_STREAM,
    eventBytesMax: env.INTENDANT_OUTBOX_EVENT_BYTES_MAX,
    ...(eventsKept === undefined ? {} : { eventsKept }),
  });
}
