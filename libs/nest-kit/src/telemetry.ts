import type { Telemetry } from './open-telemetry.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether the environment asks for traces: `INTENDANT_OTEL` says so, or there is an endpoint for them. */
export function wantsTelemetry(env: Environment): boolean {
  if (env['INTENDANT_OTEL'] === '0' || env['OTEL_SDK_DISABLED'] === 'true') return false;
  return (
    env['INTENDANT_OTEL'] === '1' ||
    Boolean(env['OTEL_EXPORTER_OTLP_ENDPOINT']) ||
    Boolean(env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'])
  );
}

/** Starts OpenTelemetry when the environment asks for it; else null, and nothing of it is loaded. */
export async function startTelemetry(service: string, env: Environment = process.env): Promise<Telemetry | null> {
  if (!wantsTelemetry(env)) return null;
  const { startOpenTelemetry } = await import('./open-telemetry.js');
  return startOpenTelemetry(service, env);
}
