import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LabOptions, type RestartPolicy, runtimeReplicas, type Service } from '@intendant/lab';
import { type Cluster, platformServices, startCluster } from '../e2e/cluster.js';

export const TENANT = 't_bench';

const faulty: Service = {
  name: 'bench',
  stage: 'participant',
  entry: fileURLToPath(new URL('./participants/faulty.mjs', import.meta.url)),
  realms: ['bench'],
};

export const soon: RestartPolicy = { firstDelayMs: 100, longestDelayMs: 400, healthyAfterMs: 1_000 };

export interface ReplicaOptions {
  readonly replicas?: number;
  /** Settings that one service alone is to have. */
  readonly envOf?: (service: string) => Readonly<Record<string, string>>;
}

/** The platform, with so many replicas of the Runtime, and one domain service that misbehaves on demand. */
export const startFaultyCluster = ({
  replicas = 1,
  envOf = () => ({}),
  ...options
}: Partial<LabOptions> & ReplicaOptions = {}): Promise<Cluster> =>
  startCluster({
    services: [...platformServices, ...runtimeReplicas(replicas), faulty].map((service) => ({
      ...service,
      env: envOf(service.name),
    })),
    restart: soon,
    ...options,
  });

export interface Handled {
  readonly intentType: string;
  readonly intentId: string;
  readonly executionId: string;
  readonly logicalAttempt: number;
  readonly deliveryAttempt: number;
}

/** Closes a gate behind which calls stay whose payload names it, until the returned is called. */
export function closedGate({ lab }: Cluster, gate: string): () => void {
  const file = join(lab.dataDir, `gate-${gate}`);
  writeFileSync(file, '');
  return () => rmSync(file, { force: true });
}

/** Every call of the domain service's handler, as it wrote it down itself. */
export const handled = (cluster: Cluster, executionId?: string): readonly Handled[] =>
  writtenDown(cluster, 'handled.jsonl', executionId);

/** Those that came to a result. */
export const ended = (cluster: Cluster, executionId?: string): readonly Handled[] =>
  writtenDown(cluster, 'ended.jsonl', executionId);

function writtenDown({ lab }: Cluster, name: string, executionId?: string): readonly Handled[] {
  const file = join(lab.dataDir, name);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'));
  const all = lines.map((line) => JSON.parse(line) as Handled);
  return executionId === undefined ? all : all.filter((one) => one.executionId === executionId);
}
