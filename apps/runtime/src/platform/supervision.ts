import type { Server } from 'node:net';
import { systemScheduler } from '@intendant/nest-kit';
import { type ChildExecutions, type Delivery, Supervisor } from '@intendant/partition';
import { undoIn } from '@intendant/registry';
import { Fenced, LogClosed, UnfitLog } from '@intendant/wal';
import { HandlerReplay } from '../audit/handler-replay.js';
import { LargePayloads } from '../content/large-payloads.js';
import { CallGrants } from '../dispatch/call-grants.js';
import { createDataPlane } from '../dispatch/data-plane.js';
import { ParticipantDispatcher } from '../dispatch/participant-dispatcher.js';
import { Grants } from '../intake/grants.js';
import { ReferenceBook } from '../intake/references.js';
import { catchUpAll } from './catch-up.js';
import type { Foundation } from './foundation.js';
import type { Peers } from './peers.js';
import { SilenceWatch } from './silence-watch.js';

/** A late result is told again while its partition is on its way to another replica. */
const LATE_RETRY_MS = 1_000;
const LATE_RETRIES = 30;

export type Supervision = ReturnType<typeof createSupervision>;

/** Who runs executions: the supervisor, the calls it makes, and the data plane those calls may use. */
export function createSupervision(foundation: Foundation, { registry, connections }: Peers) {
  const { env, random, clock, tls, wal, log, link, content, metrics, logger, telemetry, onHalted, freeSpace } =
    foundation;
  const payloads = new LargePayloads(content);
  const grantsInLog = new Grants(log, (streamId, count) => wal.readStreamBackwards(streamId, undefined, count));
  const references = new ReferenceBook(wal.store, log, payloads, grantsInLog, async () =>
    link === null ? undefined : catchUpAll(foundation),
  );
  const grants = new CallGrants(random);
  const dataPlane = createDataPlane({
    tls,
    grants,
    content,
    store: wal.store,
    shortage: () => freeSpace.shortage(),
    logger,
    report: (executionId, report) => supervisor.report(executionId, report),
  });
  /** Asked for with every call, and the same once the server listens. */
  let knownUrl: string | undefined;
  const dataPlaneUrl = (): string => {
    knownUrl ??= urlOf(dataPlane.server.address(), env);
    return knownUrl;
  };
  const handlerReplay = new HandlerReplay({ registry, connections, references, grants, payloads, dataPlaneUrl });
  const dispatcher = new ParticipantDispatcher({
    registry,
    connections,
    references,
    grants,
    payloads,
    content,
    logger,
    tracer: telemetry?.tracer ?? null,
    dataPlaneUrl,
    callsPerInstanceMax: env.INTENDANT_CALLS_PER_INSTANCE_MAX,
    onLate: (delivery, outcome) => recordLate(delivery, outcome),
  });
  /** Where the execution is held now, which need not be here, and may change while it is told. */
  const recordLate = ({ state: { executionId }, call: { stepId }, callToken }: Delivery, outcome: string): void => {
    metrics.late.inc();
    const record = (): Promise<void> =>
      link === null || log.holds(executionId)
        ? supervisor.recordLate(executionId, stepId, callToken, outcome)
        : link.late({ executionId, stepId, callToken, outcome });
    const attempt = (left: number): Promise<void> =>
      record().catch(async (error: Error) => {
        if (left === 0) throw error;
        await new Promise<void>((resolve) => void systemScheduler.after(LATE_RETRY_MS, resolve));
        return attempt(left - 1);
      });
    attempt(link === null ? 0 : LATE_RETRIES).catch((error: Error) =>
      logger.error({ err: error, executionId }, 'late result not recorded'),
    );
  };
  // children come through the door, which stands on the supervisor
  let children: ChildExecutions | null = null;
  const supervisor: Supervisor = new Supervisor({
    log,
    store: wal.store,
    dispatcher,
    clock,
    scheduler: systemScheduler,
    lookUpUndo: (intent, service) => undoIn(registry.index, intent, service),
    children: {
      ensure: (...asked) =>
        children === null ? Promise.reject(new Error('the door is not open yet')) : children.ensure(...asked),
    },
    liveMax: env.INTENDANT_LIVE_EXECUTIONS_MAX,
    livePerTenantMax: env.INTENDANT_LIVE_EXECUTIONS_PER_TENANT_MAX,
    events: {
      applied: (state, before) => metrics.applied(state, before),
      timerFired: (lateMs) => metrics.timerLateness.observe(lateMs / 1_000),
      late: recordLate,
      broken: (executionId, error) => {
        // whoever holds its partition next takes it up
        if (error instanceof Fenced || error instanceof LogClosed || error instanceof UnfitLog) return;
        logger.error({ executionId, err: error }, 'execution cannot go on');
      },
      halted: onHalted,
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
  const silence = new SilenceWatch(
    supervisor,
    env.INTENDANT_SILENCE_BOUND_MS,
    (executionId) => {
      metrics.alerts.inc({ level: 'WARNING' });
      logger.warn({ executionId }, 'an execution has been silent for longer than it should');
    },
    (error) => logger.warn({ err: error }, 'silent executions were not looked for'),
  );
  const bindChildren = (bound: ChildExecutions): void => {
    children = bound;
  };
  return { references, handlerReplay, dataPlane, dataPlaneUrl, dispatcher, supervisor, silence, bindChildren };
}

function urlOf(address: ReturnType<Server['address']>, env: Foundation['env']): string {
  const port = typeof address === 'object' && address !== null ? address.port : env.INTENDANT_RUNTIME_DATA_PORT;
  return `https://${env.INTENDANT_RUNTIME_ADVERTISED_HOST ?? env.INTENDANT_HOST}:${port}`;
}
