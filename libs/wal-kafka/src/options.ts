import type { ConnectionOptions } from 'node:tls';
import type { logCreator, logLevel } from 'kafkajs';

export interface KafkaPassword {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

export interface KafkaFrameLogOptions {
  /** `host:port` of some brokers; the others are learnt from them. */
  readonly brokers: readonly string[];
  /** Made with fitting settings when it is missing. One that exists is checked and never altered. */
  readonly topic: string;
  /** Partitions of the log; the topic has one more, for the log's identity. What else is added to it stays empty. */
  readonly partitionCount: number;
  /** Replicas of a topic that is made; as many as there are brokers, but at most 3. */
  readonly replicationFactor?: number;
  /** Replicas that must have an append before it is acknowledged; 1 unless given, and then each append is synced to disk. */
  readonly minInsyncReplicas?: number;
  readonly clientId?: string;
  readonly password?: KafkaPassword;
  /** True for TLS with the system's authorities. */
  readonly tls?: boolean | ConnectionOptions;
  /** How long a request may take before its connection counts as dead; 4000 unless given. */
  readonly requestTimeoutMs?: number;
  /** How long an append, a claim or a read may take with all its retries before it is rejected; 12000 unless given. */
  readonly operationTimeoutMs?: number;
  /** How often settings and identity of the topic are checked again; 5000 unless given. */
  readonly watchIntervalMs?: number;
  /** Takes what the client library has to say; silent unless given. */
  readonly logCreator?: logCreator;
  readonly logLevel?: logLevel;
}
