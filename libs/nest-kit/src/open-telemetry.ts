import { setTimeout as pause } from 'node:timers/promises';
import type { Tracer } from '@intendant/kernel';
import { trace } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { tracerOver } from './open-telemetry-tracer.js';

export interface Telemetry {
  readonly tracer: Tracer;
  /** Sends what is left, for a short while. */
  stop(): Promise<void>;
}

/** A collector that does not answer holds the end of the process up no longer than this. */
const FLUSH_MS_MAX = 2_000;

/** The SDK with traces and nothing else: metrics are on /metrics, logs on standard output. `OTEL_*` configure it. */
export function startOpenTelemetry(service: string, env: Readonly<Record<string, string | undefined>>): Telemetry {
  const sdk = new NodeSDK({
    serviceName: env['OTEL_SERVICE_NAME'] || `intendant-${service}`,
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: [],
  });
  sdk.start();
  return {
    tracer: tracerOver(trace.getTracer('intendant')),
    stop: () => Promise.race([sdk.shutdown().catch(() => undefined), pause(FLUSH_MS_MAX, undefined, { ref: false })]),
  };
}
