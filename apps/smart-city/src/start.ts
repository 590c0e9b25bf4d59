import { hostname } from 'node:os';
import {
  hostOf,
  type Lifecycle,
  type Logger,
  outOfReach,
  type RpcServer,
  readTlsFiles,
  startHealthServer,
  startRpcServer,
} from '@intendant/nest-kit';
import { Registry } from 'prom-client';
import type { SmartCityEnv } from './config.js';
import { DecisionMetrics } from './policies/decision-metrics.js';
import { publishFirstPolicies } from './policies/first-policies.js';
import { PolicyDecider } from './policies/policy-decider.js';
import { PolicyPoll } from './policies/policy-poll.js';
import { TenantPolicies } from './policies/tenant-policies.js';
import { RateBuckets } from './rates/rate-buckets.js';
import { smartCityModule } from './smart-city.module.js';
import { BundleStore } from './storage/bundle-store.js';
import { openDatabase } from './storage/database.js';

const clock = { nowMs: () => Date.now() };

/** Loads every tenant's policy, then listens. */
export async function startSmartCity(env: SmartCityEnv, logger: Logger): Promise<Lifecycle> {
  const database = await openDatabase(env.INTENDANT_DATABASE_URL, (error) =>
    logger.warn({ err: error }, 'idle database connection lost'),
  ).catch((error: unknown) => {
    throw outOfReach('INTENDANT_DATABASE_URL', hostOf(env.INTENDANT_DATABASE_URL), error);
  });
  const policies = new TenantPolicies(new BundleStore(database), clock, logger);
  await policies.refresh();
  if (env.INTENDANT_POLICY_DIR !== undefined) await publishFirstPolicies(env.INTENDANT_POLICY_DIR, policies, logger);

  const registry = new Registry();
  const metrics = new DecisionMetrics(registry);
  metrics.observe(policies, clock.nowMs);
  const decider = new PolicyDecider(policies, new RateBuckets(), clock, metrics, logger, {
    decidedBy: `smart-city@${hostname()}`.slice(0, 128),
    policyAgeMsMax: env.INTENDANT_POLICY_AGE_MS_MAX,
  });
  const poll = new PolicyPoll(policies, env.INTENDANT_POLICY_POLL_MS, logger);
  poll.start();
  const server = await listen(env, logger, policies, decider);
  const readiness = (): string[] => (decider.isOutOfDate ? ['the policy store cannot be read'] : []);
  const health = await openHealth(env, readiness, registry);
  return {
    readyDetail: { port: server.port, tenants: [...policies.all()].length },
    drain: async () => {
      health?.close();
      await server.close();
      await poll.stop();
      await database.destroy();
    },
  };
}

const listen = (
  env: SmartCityEnv,
  logger: Logger,
  policies: TenantPolicies,
  decider: PolicyDecider,
): Promise<RpcServer> =>
  startRpcServer(smartCityModule(policies, decider), {
    host: env.INTENDANT_HOST,
    port: env.INTENDANT_SMART_CITY_PORT,
    tls: readTlsFiles(env),
    logger,
  });

const openHealth = async (env: SmartCityEnv, readiness: () => string[], metrics: Registry) =>
  env.INTENDANT_HEALTH_PORT === undefined
    ? undefined
    : startHealthServer({ host: env.INTENDANT_HOST, port: env.INTENDANT_HEALTH_PORT, readiness, metrics });
