import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { contentRefOf, type Failure, failure } from '@intendant/intent-model';
import { IdSource } from '@intendant/kernel';
import { type Logger, RpcClient, readTlsFiles, TokenVerifier } from '@intendant/nest-kit';
import { LogWriter, Supervisor } from '@intendant/partition';
import { nodeStream } from '@intendant/wal';
import { SqliteWal } from '@intendant/wal-sqlite';
import type { RuntimeEnv } from '../config.js';
import { ArtifactStore } from '../content/artifact-store.js';
import { CallGrants } from '../dispatch/call-grants.js';
import { createDataPlane } from '../dispatch/data-plane.js';
import { ParticipantConnections } from '../dispatch/participant-connections.js';
import { ParticipantDispatcher } from '../dispatch/participant-dispatcher.js';
import { Intake } from '../intake/intake.js';
import { PolicyQuestions } from '../intake/policy-questions.js';
import { ReferenceBook } from '../intake/references.js';
import { Refusals } from '../intake/refusals.js';
import { Sessions } from '../intake/sessions.js';
import { PolicyClient } from '../policy/policy-client.js';
import { PolicyWatch } from '../policy/policy-watch.js';
import { createReadModelHost } from '../read-model/read-model-host.js';
import { RegistryView } from '../registry/registry-view.js';
import { RegistryWatch } from '../registry/registry-watch.js';
import { Drain } from './drain.js';
import { FreeSpace } from './free-space.js';
import { RuntimeMetrics } from './metrics.js';
import { systemClock, systemRandom, systemScheduler } from './system.js';

/** How often orphaned content is looked for, and how old it must be: younger files may belong to a call that still runs. */
const SWEEP_MS = 3_600_000;

/** Everything of the Runtime that is not HTTP, built once and wired by hand. */
export type Platform = Awaited<ReturnType<typeof compose>>;

export async function compose(env: RuntimeEnv, logger: Logger, onFatal: (error: Error) => void) {
  const directory = env.INTENDANT_DATA_DIR;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const tls = readTlsFiles(env);
  const metrics = new RuntimeMetrics();
  const random = systemRandom();
  const ids = new IdSource(systemClock, random);
  const tokens = await TokenVerifier.create(env.INTENDANT_ISSUERS, systemClock.nowMs);
  const wal = new SqliteWal({ directory: join(directory, 'log'), partitionCount: env.INTENDANT_PARTITIONS, onFatal });
  const log = new LogWriter(wal, systemClock);
  const readModel = createReadModelHost({
    databaseUrl: env.INTENDANT_DATABASE_URL,
    logDirectory: join(directory, 'log'),
    wal,
    clock: systemClock,
    logger,
  });
  const freeSpace = new FreeSpace(directory, env.INTENDANT_FREE_SPACE_FLOOR_BYTES);
  const content = new ArtifactStore(join(directory, 'content'), {
    bytesMax: env.INTENDANT_CONTENT_BYTES_MAX,
    tenantBytesMax: env.INTENDANT_CONTENT_QUOTA_BYTES,
  });
  const curator = new RpcClient({ ...env.INTENDANT_CURATOR_ADDRESS, service: 'curator' }, tls, logger);
  const smartCity = new RpcClient({ ...env.INTENDANT_SMART_CITY_ADDRESS, service: 'smart-city' }, tls, logger);
  const policy = new PolicyClient(smartCity, env.INTENDANT_POLICY_DEADLINE_MS);
  const policyWatch = new PolicyWatch(smartCity, systemClock);
  const connections = new ParticipantConnections(tls, logger);
  const registry = new RegistryView(logger);
  const registryWatch = new RegistryWatch(curator, logger, (snapshot) => {
    registry.replace(snapshot);
    connections.keepOnly(snapshot.instances);
  });
  const references = new ReferenceBook(wal.store, wal);
  const grants = new CallGrants(random);
  const dataPlane = createDataPlane({ tls, grants, content, store: wal.store, logger });
  const advertised = env.INTENDANT_RUNTIME_ADVERTISED_HOST ?? env.INTENDANT_HOST;
  let dataPlanePort = env.INTENDANT_RUNTIME_DATA_PORT;
  const dispatcher = new ParticipantDispatcher({
    registry,
    connections,
    references,
    grants,
    logger,
    dataPlaneUrl: () => `https://${advertised}:${dataPlanePort}`,
    onLate: (delivery, outcome) => {
      metrics.late.inc();
      void supervisor
        .recordLate(delivery.state.executionId, delivery.step.stepId, delivery.callToken, outcome)
        .catch((error: Error) => logger.error({ err: error }, 'late result not recorded'));
    },
  });
  const halted = new Map<number, string>();
  const supervisor = new Supervisor({
    log,
    store: wal.store,
    dispatcher,
    clock: systemClock,
    scheduler: systemScheduler,
    liveMax: env.INTENDANT_LIVE_EXECUTIONS_MAX,
    events: {
      applied: (state) => metrics.applied(state),
      broken: (executionId, error) => logger.error({ executionId, err: error }, 'execution cannot go on'),
      halted: (partition, error) => {
        halted.set(partition, error.message);
        logger.error({ partition, err: error }, 'partition halted');
      },
    },
  });
  const sessions = new Sessions(log, ids);
  const refusals = new Refusals(log, ids, systemScheduler, (code) => metrics.refused.inc({ code }));
  const questions = new PolicyQuestions(ids, references, wal);
  const drain = new Drain();
  const intake = new Intake({
    log,
    supervisor,
    sessions,
    refusals,
    questions,
    policy,
    knownRevision: (tenantId) => policyWatch.revisionOf(tenantId),
    registry,
    ids,
    clock: systemClock,
    onAccepted: (realm, sinceMs) => {
      metrics.accepted.inc({ realm });
      metrics.intake.observe((systemClock.nowMs() - sinceMs) / 1_000);
    },
    closedBecause: (): Failure | null =>
      drain.begun ? failure('shutting_down', 'the process is draining', { retryAfterMs: 1_000 }) : freeSpace.shortage(),
  });

  metrics.gauge('intendant_executions_live', 'Executions that have not settled', () => supervisor.liveCount);
  metrics.gauge('intendant_calls_in_flight', 'Participant calls in flight', () => supervisor.callsInFlight);
  metrics.gauge('intendant_policy_age_seconds', 'Since Smart City was last heard', () => policyWatch.ageMs() / 1_000);
  metrics.gauge('intendant_free_bytes', 'Free space of the data directory', () => freeSpace.freeBytes);

  let sweeper: NodeJS.Timeout | undefined;
  const sweepContent = async (): Promise<void> => {
    const isKnown = (tenantId: string, sha256: string): boolean =>
      wal.store.references(tenantId, contentRefOf(sha256)).length > 0;
    const swept = await content.sweep(isKnown, systemClock.nowMs() - SWEEP_MS);
    if (swept > 0) logger.info({ swept }, 'orphaned content removed');
  };

  return {
    env,
    logger,
    ids,
    clock: systemClock,
    tokens,
    wal,
    log,
    freeSpace,
    content,
    policy,
    policyWatch,
    registry,
    registryWatch,
    metrics,
    references,
    supervisor,
    sessions,
    refusals,
    questions,
    intake,
    halted,
    drain,
    readModel,

    async start(): Promise<void> {
      await freeSpace.start();
      readModel.start();
      const leases = await log.claimAll();
      const durability = wal.describe().durability;
      const nobody = { tenantId: 'platform', sessionId: null, executionId: null, intentId: null, correlationId: null };
      await log.append(
        nodeStream('runtime'),
        nobody,
        leases.map(({ epoch, partition }) => ({
          type: 'epoch.opened',
          actor: 'runtime',
          cause: null,
          data: { durability, epoch, partition },
        })),
      );
      await dataPlane.listen({ host: env.INTENDANT_HOST, port: env.INTENDANT_RUNTIME_DATA_PORT });
      const address = dataPlane.server.address();
      if (typeof address === 'object' && address !== null) dataPlanePort = address.port;
      policyWatch.start();
      await registryWatch.start();
      const recovered = await supervisor.recover();
      if (recovered > 0) logger.info({ recovered }, 'unsettled executions taken up');
      await sweepContent();
      sweeper = setInterval(
        () => void sweepContent().catch((error) => logger.error({ err: error }, 'sweep failed')),
        SWEEP_MS,
      );
      sweeper.unref();
    },

    stopIntake(): void {
      drain.begin();
    },

    async stop(reason: string): Promise<void> {
      drain.begin();
      await supervisor.drain(8_000);
      await refusals.flush();
      const nobody = { tenantId: 'platform', sessionId: null, executionId: null, intentId: null, correlationId: null };
      await log.append(nodeStream('runtime'), nobody, [
        { type: 'node.drained', actor: 'runtime', cause: null, data: { reason } },
      ]);
      registryWatch.stop();
      policyWatch.stop();
      clearInterval(sweeper);
      freeSpace.stop();
      await dataPlane.close();
      await readModel.stop();
      connections.closeAll();
      curator.close();
      smartCity.close();
      await wal.close();
    },
  };
}
