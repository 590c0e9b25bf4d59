import type { AddressInfo } from 'node:net';
import type { Clock } from '@intendant/kernel';
import {
  hostOf,
  type Lifecycle,
  type Logger,
  outOfReach,
  readTlsFiles,
  startHealthServer,
  startRpcServer,
  systemClock,
  systemScheduler,
} from '@intendant/nest-kit';
import type { CuratorEnv } from './config.js';
import { CuratorModule } from './curator.module.js';
import { addOwnershipMetrics } from './ownership/ownership-metrics.js';
import { OwnershipTable } from './ownership/ownership-table.js';
import { createRegistrationServer } from './registration-server.js';
import { Registry } from './registry/registry.js';
import { RegistryWatch } from './registry/registry-watch.js';
import { registryMetrics } from './registry-metrics.js';
import { CapabilityStore } from './storage/capability-store.js';
import { openDatabase } from './storage/database.js';

/** How long a database that starts at the same time is waited for. */
const DATABASE_WAIT_MS = 30_000;

const steadyClock: Clock = { nowMs: () => performance.now() };
/** Loads the registry, then listens. */
export async function startCurator(env: CuratorEnv, logger: Logger): Promise<Lifecycle> {
  const database = await openDatabase(env.INTENDANT_DATABASE_URL, DATABASE_WAIT_MS, {
    connectionLost: (error) => logger.warn({ err: error }, 'idle database connection lost'),
    notThereYet: (error) => logger.warn({ error: (error as Error).message }, 'database not there yet'),
  }).catch((error: unknown) => {
    throw outOfReach('INTENDANT_DATABASE_URL', hostOf(env.INTENDANT_DATABASE_URL), error);
  });
  const registry = new Registry({
    store: new CapabilityStore(database),
    clock: systemClock,
    scheduler: systemScheduler,
    logger,
    mode: env.INTENDANT_MODE,
  });
  await registry.start();
  const watch = new RegistryWatch(registry, systemScheduler);
  const ownership = new OwnershipTable({
    clock: systemClock,
    steadyClock,
    scheduler: systemScheduler,
    logger,
    leaseMs: env.INTENDANT_OWNERSHIP_LEASE_MS,
  });
  const server = await startRpcServer(CuratorModule.with(registry, watch, ownership), {
    host: env.INTENDANT_HOST,
    port: env.INTENDANT_CURATOR_PORT,
    tls: readTlsFiles(env),
    logger,
  });
  const http = createRegistrationServer(registry, readTlsFiles(env), logger);
  await http.listen({ host: env.INTENDANT_HOST, port: env.INTENDANT_CURATOR_HTTP_PORT });
  const health = await startHealth(env, registry, ownership);
  const { revision, capabilities } = registry.snapshot;
  return {
    readyDetail: {
      port: server.port,
      httpPort: (http.server.address() as AddressInfo).port,
      revision,
      capabilities: capabilities.length,
    },
    drain: async () => {
      health?.close();
      await http.close();
      await server.close();
      watch.close();
      ownership.close();
      registry.close();
      await database.destroy();
    },
  };
}

async function startHealth(env: CuratorEnv, registry: Registry, ownership: OwnershipTable) {
  if (env.INTENDANT_HEALTH_PORT === undefined) return undefined;
  const metrics = registryMetrics(registry);
  addOwnershipMetrics(metrics, ownership);
  return startHealthServer({
    host: env.INTENDANT_HOST,
    port: env.INTENDANT_HEALTH_PORT,
    readiness: () => (registry.storeFails ? ['the registry cannot be written'] : []),
    metrics,
  });
}
