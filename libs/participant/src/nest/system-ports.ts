import type { ParticipantCall } from '@intendant/intent-model';
import type { Tracer } from '@intendant/kernel';
import { clientTlsOptions, type Logger, systemClock, systemScheduler, type TlsFiles } from '@intendant/nest-kit';
import { DataPlaneClient } from '../data-plane-client.js';
import type { HandlerLog } from '../participant.js';
import type { ParticipantPorts } from '../participant-endpoint.js';

/** The ports of a real process: its clock, its timers, its log, and the Runtime's data plane. */
export function systemPorts(
  tls: TlsFiles,
  logger: Logger,
  tracer: Tracer | null = null,
): ParticipantPorts & { close(): Promise<void> } {
  const client = new DataPlaneClient(clientTlsOptions(tls, 'runtime'));
  return {
    clock: systemClock,
    scheduler: systemScheduler,
    tracer,
    dataPlane: (access, signal) => client.forCall(access, signal),
    log: (call) => handlerLog(logger, call),
    close: () => client.close(),
  };
}

function handlerLog(logger: Logger, call: ParticipantCall): HandlerLog {
  const ids = { executionId: call.executionId, stepId: call.stepId, correlationId: call.intent.correlationId };
  return {
    info: (message, fields) => logger.info({ ...fields, ...ids }, message),
    warn: (message, fields) => logger.warn({ ...fields, ...ids }, message),
    error: (message, fields) => logger.error({ ...fields, ...ids }, message),
  };
}
