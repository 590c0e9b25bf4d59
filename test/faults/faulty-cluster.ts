import { existsSync, readFileSync } from 'node:fs';
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

/** Every call of the domain service's handler, as it wrote it down itself. */
export function handled(cluster: Cluster, executionId?: string): readonly Handled[] {
  const file = join(cluster.lab.dataDir, 'handled.jsonl');
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'));
  const all = lines.map((line) => JSON.parse(line) as Handled);
  return executionId === undefined ? all : all.filter((one) => one.executionId === executionId);
}
