import { Supervisor } from '@intendant/partition';
import { CallGrants } from '../dispatch/call-grants.js';
import { createDataPlane } from '../dispatch/data-plane.js';
import { ParticipantDispatcher } from '../dispatch/participant-dispatcher.js';
import { ReferenceBook } from '../intake/references.js';
import type { Foundation } from './foundation.js';
import type { Peers } from './peers.js';
import { SilenceWatch } from './silence-watch.js';
import { systemScheduler } from './system.js';

export type Supervision = ReturnType<typeof createSupervision>;

/** Who runs executions: the supervisor, the calls it makes, and the data plane those calls may use. */
export function createSupervision(foundation: Foundation, { registry, connections }: Peers) {
  const { env, random, clock, tls, wal, log, content, metrics, logger, telemetry } = foundation;
  const references = new ReferenceBook(wal.store, wal);
  const grants = new CallGrants(random);
  const dataPlane = createDataPlane({ tls, grants, content, store: wal.store, logger });
  const halted = new Map<number, string>();
  const dispatcher = new ParticipantDispatcher({
    registry,
    connections,
    references,
    grants,
    logger,
    tracer: telemetry?.tracer ?? null,
    dataPlaneUrl: () => {
      const address = dataPlane.server.address();
      const port = typeof address === 'object' && address !== null ? address.port : env.INTENDANT_RUNTIME_DATA_PORT;
      return `https://${env.INTENDANT_RUNTIME_ADVERTISED_HOST ?? env.INTENDANT_HOST}:${port}`;
    },
    onLate: ({ state, call, callToken }, outcome) => {
      metrics.late.inc();
      supervisor
        .recordLate(state.executionId, call.stepId, callToken, outcome)
        .catch((error: Error) => logger.error({ err: error }, 'late result not recorded'));
    },
  });
  const supervisor = new Supervisor({
    log,
    store: wal.store,
    dispatcher,
    clock,
    scheduler: systemScheduler,
    liveMax: env.INTENDANT_LIVE_EXECUTIONS_MAX,
    events: {
      applied: (state, before) => metrics.applied(state, before),
      broken: (executionId, error) => logger.error({ executionId, err: error }, 'execution cannot go on'),
      halted: (partition, error) => {
        halted.set(partition, error.message);
        logger.error({ partition, err: error }, 'partition halted');
      },
    },
  });
  // every alert is a record, whoever raised it: the decider, a person or the system
  log.onEntry((entry) => {
    for (const record of entry.records) {
      if (record.type !== 'alert.raised') continue;
      metrics.alerts.inc({ level: record.data.level });
      logger.warn({ executionId: record.executionId, ...record.data }, 'alert raised');
    }
  });
  const silence = new SilenceWatch(supervisor, env.INTENDANT_SILENCE_BOUND_MS, (executionId) => {
    metrics.alerts.inc({ level: 'WARNING' });
    logger.warn({ executionId }, 'an execution has been silent for longer than it should');
  });
  return { references, dataPlane, supervisor, halted, silence };
}
