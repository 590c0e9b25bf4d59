import type { Tracer } from '@intendant/kernel';
import { node, tracing } from '@opentelemetry/sdk-node';
import { tracerOver } from '../open-telemetry-tracer.js';

/** A span as it would have been sent. */
export interface CollectedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Why it failed. */
  readonly failure: string | undefined;
}

/** The tracer of one process, with what it sends kept in memory. */
export function collectingTracer(): { readonly tracer: Tracer; readonly spans: () => readonly CollectedSpan[] } {
  const exporter = new tracing.InMemorySpanExporter();
  const spanProcessors = [new tracing.SimpleSpanProcessor(exporter)];
  const provider = new node.NodeTracerProvider({ spanProcessors });
  return {
    tracer: tracerOver(provider.getTracer('spec')),
    spans: () => exporter.getFinishedSpans().map(collected),
  };
}

const collected = (span: tracing.ReadableSpan): CollectedSpan => ({
  name: span.name,
  traceId: span.spanContext().traceId,
  spanId: span.spanContext().spanId,
  parentSpanId: span.parentSpanContext?.spanId,
  attributes: span.attributes,
  failure: span.status.message,
});
