import { type Logger, systemScheduler } from '@intendant/nest-kit';
import type { RuntimeEnv } from '../config.js';
import { logFailure } from '../http/log-failure.js';
import { ForwardedRequests } from '../link/forwarded-requests.js';
import { Forwarder } from '../link/forwarder.js';
import { addLinkRoutes } from '../link/link-routes.js';
import { linkAgent } from '../link/replica-link.js';
import { observeOutbox } from '../outbox/outbox-metrics.js';
import { observeReadModel } from '../read-model/read-model-metrics.js';
import { createRetention } from '../retention/create-retention.js';
import { sweepContent } from './content-sweep.js';
import { createDoor } from './door.js';
import { type Foundation, layFoundation } from './foundation.js';
import { Holding } from './holding.js';
import { connectPeers, type Peers } from './peers.js';
import { createSupervision, type Supervision } from './supervision.js';

/** How long calls in flight may go on after a drain began; what is left is taken up by the next start. */
const DRAIN_MS = 6_000;

/** How long requests may still wait for their execution after a drain began; then they are answered with what there is. */
const WAITS_MS = 3_000;

/** Everything of the Runtime that is not HTTP, built once and wired by hand. */
export type Platform = Awaited<ReturnType<typeof compose>>;

export async function compose(env: RuntimeEnv, logger: Logger, onFatal: (error: Error) => void) {
  const foundation = await layFoundation(env, logger, onFatal);
  const peers = connectPeers(foundation);
  const supervision = createSupervision(foundation, peers);
  const door = createDoor(foundation, peers, supervision);
  exposeGauges(foundation, peers, supervision);
  const { freeSpace, readModel, outbox, drain, clock, holders, link, log, tls, wal } = foundation;
  const { supervisor, dataPlane } = supervision;
  const holding = new Holding(foundation, peers, supervision, door);
  const retention = createRetention(foundation);
  const logRefusal = () => logFailure(wal.refusal());
  const forwarder = link === null ? null : new Forwarder(linkAgent(tls), holders, clock, systemScheduler, logRefusal);
  const forwarded = new ForwardedRequests();
  if (link !== null)
    addLinkRoutes(dataPlane, {
      log,
      recordLate: ({ executionId, stepId, callToken, outcome }) =>
        supervisor.recordLate(executionId, stepId, callToken, outcome),
      serve: (request, response) => forwarded.serve(request, response),
    });
  let endSweep: () => void = () => undefined;
  drain.onBegin(() => void setTimeout(() => supervisor.releaseWaiters(), WAITS_MS).unref());

  return {
    ...foundation,
    ...peers,
    ...supervision,
    ...door,
    holding,
    /** Null when no other process holds anything. */
    forwarder,
    forwarded,

    async start(): Promise<void> {
      await freeSpace.start();
      readModel.start(holding.copy());
      outbox?.start(holding.copy());
      await dataPlane.listen({ host: env.INTENDANT_HOST, port: env.INTENDANT_RUNTIME_DATA_PORT });
      peers.policyWatch.start();
      await peers.registryWatch.start();
      await holding.start(env.INTENDANT_REPLICA_URL ?? supervision.dataPlaneUrl());
      supervision.silence.start();
      retention?.start();
      endSweep = await sweepContent(foundation);
    },

    async stop(reason: string): Promise<void> {
      drain.begin();
      await retention?.stop();
      await door.refusals.flush();
      await holding.stop(reason, DRAIN_MS);
      peers.registryWatch.stop();
      peers.policyWatch.stop();
      endSweep();
      supervision.silence.stop();
      freeSpace.stop();
      await dataPlane.close();
      await readModel.stop();
      await outbox?.stop();
      peers.disconnect();
      await wal.close();
      await foundation.telemetry?.stop();
    },
  };
}

function exposeGauges(
  { metrics, freeSpace, readModel, outbox, content, holders, log }: Foundation,
  { policyWatch }: Peers,
  { supervisor, silence, dispatcher }: Supervision,
): void {
  observeReadModel(readModel.lists, metrics.registry);
  if (outbox !== null) observeOutbox(outbox, metrics.registry);
  metrics.gauge('intendant_executions_live', 'Executions that have not settled', () => supervisor.liveCount);
  metrics.gauge(
    'intendant_executions_live_of_one_tenant',
    'Executions that have not settled of the tenant that has most',
    () => supervisor.liveCountOfOneTenant,
  );
  metrics.gauge('intendant_partitions_held', 'Partitions of the log that this replica holds', () => log.held.length);
  metrics.gauge(
    'intendant_partitions_halted',
    'Partitions of the log that this replica cannot take as long as it runs',
    () => holders.haltedHere.size,
  );
  metrics.gauge('intendant_calls_in_flight', 'Participant calls in flight', () => supervisor.callsInFlight);
  metrics.gauge('intendant_calls_waiting', 'Calls that wait for their turn', () => dispatcher.waitingCount);
  metrics.gauge('intendant_executions_silent', 'Executions that say nothing although they should', () => silence.count);
  metrics.gaugeBy('intendant_executions_stuck', 'Executions that need a person', 'realm', () =>
    readModel.lists.model.needingPersonByRealm(),
  );
  metrics.gauge(
    'intendant_policy_age_seconds',
    'Since Smart City last read its policies',
    () => policyWatch.ageMs() / 1_000,
  );
  metrics.countOf('intendant_content_bytes_taken_total', 'Content that came in', () => content.bytesTaken);
  metrics.countOf(
    'intendant_content_bytes_given_total',
    'Content that was opened to be read',
    () => content.bytesGiven,
  );
  metrics.gauge('intendant_free_bytes', 'Free space of the data directory', () => freeSpace.freeBytes);
}
