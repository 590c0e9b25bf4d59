import type { Span, SpanOptions, Tracer } from '@intendant/kernel';
import {
  type Context,
  context,
  type Span as OpenTelemetrySpan,
  type Tracer as OpenTelemetryTracer,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT } as const;

/** The tracer of the code over one of OpenTelemetry. Work runs with its span active, so that spans of its own nest. */
export const tracerOver = (tracer: OpenTelemetryTracer): Tracer => ({
  async trace<T>(name: string, { parent, kind }: SpanOptions, work: (span: Span) => Promise<T>): Promise<T> {
    const options = { kind: kind === undefined ? SpanKind.INTERNAL : KINDS[kind] };
    const under = contextOf(parent);
    const span = tracer.startSpan(name, options, under);
    try {
      return await context.with(trace.setSpan(under, span), () => work(spanOver(span)));
    } catch (error) {
      span.recordException(error as Error);
      span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message });
      throw error;
    } finally {
      span.end();
    }
  },
});

const spanOver = (span: OpenTelemetrySpan): Span => ({
  traceparent: traceparentOf(span.spanContext()),
  set: (attribute, value) => void span.setAttribute(attribute, value),
  fail: (reason) => void span.setStatus({ code: SpanStatusCode.ERROR, message: reason }),
});

const traceparentOf = ({ traceId, spanId, traceFlags }: SpanContext): string =>
  `00-${traceId}-${spanId}-${(traceFlags & 1).toString(16).padStart(2, '0')}`;

/** A parent that is no traceparent begins a trace. */
function contextOf(parent: string | null): Context {
  const [, traceId, spanId, flags] =
    /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})/.exec(parent ?? '') ?? [];
  if (traceId === undefined || spanId === undefined) return ROOT_CONTEXT;
  const traceFlags = Number.parseInt(flags ?? '00', 16) & 1;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}
