import { ArchiveVariables, archiveProblems } from '@intendant/archive';
import { Name } from '@intendant/intent-model';
import { AddressVariable, type ConfigRule, IssuerConfig, PortVariable, ProcessEnv } from '@intendant/nest-kit';
import { z } from 'zod';
import { OutboxVariables } from './outbox/outbox-config.js';

/** `host:port`, in parts. */
const HostPort = z
  .string()
  .regex(/^[^\s:]+:\d{1,5}$/, 'must be host:port')
  .transform((text) => {
    const [host = '', port = ''] = text.split(':');
    return { host, port: Number(port) };
  });

const MIB = 1024 * 1024;
const Bytes = z.coerce.number().int().positive();
const Milliseconds = z.coerce.number().int().positive();

/** The issuer that `npm start` makes for itself; good for nothing but a lab. */
const LAB_ISSUER = 'https://lab.intendant.invalid';

const Issuers = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue({ code: 'custom', message: 'must be a JSON array of issuers' });
      return z.NEVER;
    }
  })
  .pipe(z.array(IssuerConfig).min(1));

const List = z.string().transform((text) => text.split(',').map((one) => one.trim()));

const RedisVariables = {
  INTENDANT_REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
  /** `host:port,…` of sentinels, instead of a URL. */
  INTENDANT_REDIS_SENTINELS: List.pipe(z.array(HostPort).min(1)).optional(),
  INTENDANT_REDIS_MASTER: z.string().min(1).default('intendant'),
  INTENDANT_REDIS_PASSWORD: z.string().min(1).optional(),
  INTENDANT_REDIS_PREFIX: z.string().min(1).default('intendant'),
  /** Replicas of Redis that must have an append before it is acknowledged. */
  INTENDANT_REDIS_REPLICAS: z.coerce.number().int().min(0).max(5).default(0),
};

const KafkaVariables = {
  INTENDANT_KAFKA_BROKERS: List.pipe(z.array(z.string().regex(/^[^\s:]+:\d+$/, 'must be host:port')).min(1)).optional(),
  INTENDANT_KAFKA_TOPIC: z.string().min(1).default('intendant.wal'),
  /** Replicas of a topic that is made now; an existing one keeps its own. */
  INTENDANT_KAFKA_REPLICATION: z.coerce.number().int().min(1).max(5).optional(),
  /** Replicas that must have an append before it is acknowledged. */
  INTENDANT_KAFKA_MIN_INSYNC: z.coerce.number().int().min(1).max(5).default(1),
  INTENDANT_KAFKA_TLS: z.enum(['0', '1']).default('0'),
  INTENDANT_KAFKA_MECHANISM: z.enum(['plain', 'scram-sha-256', 'scram-sha-512']).default('scram-sha-512'),
  INTENDANT_KAFKA_USERNAME: z.string().min(1).optional(),
  INTENDANT_KAFKA_PASSWORD: z.string().min(1).optional(),
};

const RetentionVariables = {
  ...ArchiveVariables,
  /** How often partitions are looked at that are held here. */
  INTENDANT_ARCHIVE_INTERVAL_MS: Milliseconds.min(1_000).default(60_000),
  /** Entries that make a segment worth while. */
  INTENDANT_ARCHIVE_ENTRIES_MIN: z.coerce.number().int().positive().default(1_000),
  /** Fewer are archived all the same once the oldest of them is older than this. */
  INTENDANT_ARCHIVE_AGE_MS_MAX: Milliseconds.default(3_600_000),
  /** Entries of a partition that its log on servers keeps at least; unless given nothing is dropped from it. */
  INTENDANT_RETENTION_ENTRIES_MIN: z.coerce.number().int().positive().optional(),
  /** How long a snapshot must have stood before the log is trimmed behind it. */
  INTENDANT_RETENTION_AGE_MS_MIN: z.coerce
    .number()
    .int()
    .nonnegative()
    .default(7 * 86_400_000),
};

export const RuntimeEnv = ProcessEnv.extend({
  INTENDANT_RUNTIME_PORT: PortVariable.default(7400),
  /** Internal HTTPS for participants: content and state. */
  INTENDANT_RUNTIME_DATA_PORT: PortVariable.default(7401),
  INTENDANT_RUNTIME_ADVERTISED_HOST: z.string().min(1).optional(),
  INTENDANT_DATA_DIR: z.string().min(1).default('.intendant'),
  INTENDANT_CURATOR_ADDRESS: AddressVariable,
  INTENDANT_SMART_CITY_ADDRESS: AddressVariable,
  INTENDANT_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  /** Where the log is: in the data directory, or on servers that several replicas share. */
  INTENDANT_WAL: z.enum(['sqlite', 'redis', 'kafka']).default('sqlite'),
  /** Id of a log that takes the place of the one that this cluster remembers. */
  INTENDANT_ACCEPT_LOG: z.string().min(1).max(64).optional(),
  ...RedisVariables,
  ...KafkaVariables,
  ...OutboxVariables,
  ...RetentionVariables,
  /** Tells this replica from the others of the same log. */
  INTENDANT_REPLICA_ID: Name.default('runtime'),
  /** Where the other replicas reach this one; made from host and data port unless given. */
  INTENDANT_REPLICA_URL: z.url({ protocol: /^https$/ }).optional(),
  /** Content by digest; a directory that all replicas share. Below the data directory unless given. */
  INTENDANT_CONTENT_DIR: z.string().min(1).optional(),
  INTENDANT_ISSUERS: Issuers,
  /** Partitions of a log that is created now; an existing log keeps its number. */
  INTENDANT_PARTITIONS: z.coerce.number().int().min(1).max(1_024).default(16),
  INTENDANT_POLICY_DEADLINE_MS: Milliseconds.default(1_000),
  INTENDANT_BODY_BYTES_MAX: Bytes.default(MIB),
  INTENDANT_CONTENT_BYTES_MAX: Bytes.default(64 * MIB),
  INTENDANT_CONTENT_QUOTA_BYTES: Bytes.default(10 * 1024 * MIB),
  /** Below this much free space new intents are refused. */
  INTENDANT_FREE_SPACE_FLOOR_BYTES: z.coerce
    .number()
    .int()
    .nonnegative()
    .default(256 * MIB),
  /** `1` folds the store's tables anew from the journal at this start. */
  INTENDANT_REBUILD_STORE: z.enum(['0', '1']).default('0'),
  /** An execution that should move and records nothing for longer than this is told of. */
  INTENDANT_SILENCE_BOUND_MS: Milliseconds.default(600_000),
  /** How long what other replicas had acknowledged may stay unread here before this one is not ready. */
  INTENDANT_COPY_LAG_MS_MAX: Milliseconds.default(10_000),
  /** Executions that may be unsettled in memory at once before new intents are refused. */
  INTENDANT_LIVE_EXECUTIONS_MAX: z.coerce.number().int().positive().default(20_000),
  /** How many of them one tenant may have before its own new intents are refused; half of them unless given. */
  INTENDANT_LIVE_EXECUTIONS_PER_TENANT_MAX: z.coerce.number().int().positive().optional(),
  /** Calls that one instance of a domain service has in hand at once; more wait for their turn. */
  INTENDANT_CALLS_PER_INSTANCE_MAX: z.coerce.number().int().positive().default(4_000),
});
export type RuntimeEnv = z.infer<typeof RuntimeEnv>;

/** What production does not accept, whatever else is configured. Issuers are judged one by one, also beside a faulty one. */
export const productionRules: ConfigRule<RuntimeEnv> = (env, given) => {
  if (env.INTENDANT_MODE !== 'production') return [];
  const problems: string[] = [];
  const issuers = issuersIn(given['INTENDANT_ISSUERS'] ?? '');
  if (issuers.some((one) => one?.issuer === LAB_ISSUER))
    problems.push(`INTENDANT_ISSUERS: the development issuer ${LAB_ISSUER} is refused in production`);
  if (issuers.some((one) => /^http:/i.test(String(one?.jwksUri))))
    problems.push('INTENDANT_ISSUERS: jwksUri must be https in production');
  return problems;
};

function issuersIn(text: string): readonly ({ issuer?: unknown; jwksUri?: unknown } | null)[] {
  try {
    const issuers = JSON.parse(text) as unknown;
    return Array.isArray(issuers) ? issuers : [];
  } catch {
    return [];
  }
}

/** What a process listens on to hear from everywhere: as an address that others are told it leads each of them to itself. */
const EVERY_ADDRESS = ['0.0.0.0', '::', '[::]'];

/** Those who share a log on servers must reach one another. */
export const linkRules: ConfigRule<RuntimeEnv> = (env) => {
  const { INTENDANT_REPLICA_URL: url, INTENDANT_RUNTIME_ADVERTISED_HOST: advertised, INTENDANT_HOST } = env;
  const host = url === undefined ? (advertised ?? INTENDANT_HOST) : new URL(url).hostname;
  if (env.INTENDANT_WAL === 'sqlite' || !EVERY_ADDRESS.includes(host)) return [];
  return [
    `INTENDANT_RUNTIME_ADVERTISED_HOST or INTENDANT_REPLICA_URL: other replicas do not reach this one at ${host}`,
  ];
};

/** The log's servers must be named, once. */
export const logRules: ConfigRule<RuntimeEnv> = (env) => {
  const { INTENDANT_WAL: backend, INTENDANT_REDIS_URL: url, INTENDANT_REDIS_SENTINELS: sentinels } = env;
  if (backend === 'redis' && (url === undefined) === (sentinels === undefined))
    return ['INTENDANT_REDIS_URL or INTENDANT_REDIS_SENTINELS: one of them is needed with INTENDANT_WAL=redis'];
  if (backend === 'kafka' && env.INTENDANT_KAFKA_BROKERS === undefined)
    return ['INTENDANT_KAFKA_BROKERS: needed with INTENDANT_WAL=kafka'];
  if (env.INTENDANT_MODE !== 'production') return [];
  if (backend === 'redis' && url !== undefined && !url.startsWith('rediss:'))
    return ['INTENDANT_REDIS_URL: must be rediss: in production'];
  if (backend === 'kafka' && env.INTENDANT_KAFKA_TLS !== '1') return ['INTENDANT_KAFKA_TLS: must be 1 in production'];
  return [];
};

/** An archive must be named wholly, and nothing is dropped that is not kept in one. */
export const retentionRules: ConfigRule<RuntimeEnv> = (env) => {
  const problems = archiveProblems(env);
  const endpoint = env.INTENDANT_ARCHIVE_S3_ENDPOINT;
  if (env.INTENDANT_MODE === 'production' && env.INTENDANT_ARCHIVE === 's3' && endpoint?.startsWith('http:') === true)
    problems.push('INTENDANT_ARCHIVE_S3_ENDPOINT: must be https in production');
  if (env.INTENDANT_RETENTION_ENTRIES_MIN === undefined) return problems;
  if (env.INTENDANT_ARCHIVE === 'none')
    problems.push('INTENDANT_RETENTION_ENTRIES_MIN: needs an archive, see INTENDANT_ARCHIVE');
  if (env.INTENDANT_WAL === 'sqlite')
    problems.push('INTENDANT_RETENTION_ENTRIES_MIN: the embedded log is not trimmed, only one on servers');
  return problems;
};
