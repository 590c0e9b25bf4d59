import { setTimeout as pause } from 'node:timers/promises';
import type { LabOptions } from '@intendant/lab';
import { type Cluster, User, until } from '../e2e/cluster.js';
import { type ReplicaOptions, startFaultyCluster } from '../faults/faulty-cluster.js';

/** A replica that says nothing for longer cannot be asked, or is too busy: what it holds is looked for again then. */
const ANSWER_MS_MAX = 3_000;

/** Partitions of the logs of these tests. */
export const PARTITIONS = 16;

export interface ReplicatedCluster extends Cluster {
  /** The same user, asking another replica. */
  at(user: User, replica: number): User;
  /** Partitions that each replica says it holds; 0 for one that cannot be asked. */
  held(): Promise<readonly number[]>;
  /** Resolves when every partition is held, by these replicas alone when they are named. */
  allHeld(by?: readonly number[]): Promise<void>;
}

/** Several Runtimes over one log on a server, and the domain service that misbehaves on demand. */
export async function startReplicas(
  count: number,
  env: NodeJS.ProcessEnv,
  envOf?: ReplicaOptions['envOf'],
  options: Partial<Pick<LabOptions, 'onLine' | 'dataDir'>> = {},
): Promise<ReplicatedCluster> {
  const cluster = await startFaultyCluster({
    ...options,
    env: { INTENDANT_PARTITIONS: String(PARTITIONS), ...env },
    replicas: count,
    ...(envOf === undefined ? {} : { envOf }),
  });
  const urls = cluster.lab.runtimeUrls;
  const at = (user: User, replica: number): User => new User(urls[replica] as string, user.token);
  const anybody = new User(cluster.lab.url, await cluster.lab.token({ tenantId: 'platform', roles: ['operator'] }));
  // one that was stopped answers nothing for ever
  const heldBy = (replica: number): Promise<number> =>
    Promise.race([
      at(anybody, replica)
        .metric('intendant_partitions_held')
        .catch(() => 0),
      pause(ANSWER_MS_MAX, 0, { ref: false }),
    ]);
  const held = (): Promise<readonly number[]> => Promise.all(urls.map((_url, replica) => heldBy(replica)));
  const allHeld = async (by?: readonly number[]): Promise<void> => {
    await until('every partition is held', async () => {
      const counts = await held();
      const wanted = by ?? urls.map((_url, replica) => replica);
      const share = PARTITIONS / wanted.length;
      return (
        counts.every((own, replica) => (wanted.includes(replica) ? Math.abs(own - share) < 1 : own === 0)) || undefined
      );
    });
  };
  return { ...cluster, at, held, allHeld };
}
