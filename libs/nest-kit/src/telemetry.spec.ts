import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { context, trace } from '@opentelemetry/api';
import { node } from '@opentelemetry/sdk-node';
import { startTelemetry, wantsTelemetry } from './telemetry.js';
import { collectingTracer } from './testing/index.js';

const PARENT = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;

describe('telemetry', () => {
  it.each([
    [{}, false],
    [{ INTENDANT_OTEL: '1' }, true],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }, true],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:4318/v1/traces' }, true],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: '' }, false],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318', INTENDANT_OTEL: '0' }, false],
    [{ INTENDANT_OTEL: '1', OTEL_SDK_DISABLED: 'true' }, false],
  ])('is wanted by %j: %s', (env, wanted) => {
    expect(wantsTelemetry(env)).toBe(wanted);
  });

  it('is null when it is not wanted', async () => {
    expect(await startTelemetry('spec', {})).toBeNull();
  });

  it.each([
    ['{}', 'no'],
    ["{ INTENDANT_OTEL: '1', OTEL_TRACES_EXPORTER: 'none' }", 'some'],
  ])('loads, with %s, %s modules of OpenTelemetry', async (env, modules) => {
    const built = JSON.stringify(fileURLToPath(new URL('../dist/index.js', import.meta.url)));
    const script = `
      import { createRequire } from 'node:module';
      const { startTelemetry } = await import(${built});
      const telemetry = await startTelemetry('spec', ${env});
      const loaded = Object.keys(createRequire(import.meta.url).cache);
      console.log(loaded.some((file) => file.includes('@opentelemetry')) ? 'some' : 'no');
      await telemetry?.stop();
    `;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
    expect(stdout.trim()).toBe(modules);
  });
});

describe('the tracer', () => {
  it('goes on with a traceparent and hands on its own', async () => {
    const { tracer, spans } = collectingTracer();
    let handedOn = '';
    await tracer.trace('outer', { parent: PARENT, kind: 'server' }, async (outer) => {
      outer.set('n', 1);
      handedOn = outer.traceparent;
      await tracer.trace('inner', { parent: outer.traceparent }, async () => undefined);
    });
    const [inner, outer] = spans();
    expect(outer).toMatchObject({ traceId: 'a'.repeat(32), parentSpanId: 'b'.repeat(16), attributes: { n: 1 } });
    expect(inner).toMatchObject({ traceId: 'a'.repeat(32), parentSpanId: outer?.spanId });
    expect(handedOn).toBe(`00-${'a'.repeat(32)}-${outer?.spanId}-01`);
  });

  it.each([null, 'nonsense', `00-${'a'.repeat(31)}-${'b'.repeat(16)}-01`])(
    'begins a trace under %j',
    async (parent) => {
      const { tracer, spans } = collectingTracer();
      await tracer.trace('one', { parent }, async () => undefined);
      expect(spans()).toEqual([expect.objectContaining({ parentSpanId: undefined, failure: undefined })]);
    },
  );

  it('does not send what the caller did not sample', async () => {
    const { tracer, spans } = collectingTracer();
    let handedOn = '';
    await tracer.trace('one', { parent: PARENT.replace(/01$/, '00') }, async (span) => {
      handedOn = span.traceparent;
    });
    expect([spans(), handedOn.slice(-3)]).toEqual([[], '-00']);
  });

  it('tells failures, thrown or not', async () => {
    const { tracer, spans } = collectingTracer();
    await tracer.trace('failed', { parent: null }, async (span) => span.fail('why'));
    const broken = tracer.trace('broken', { parent: null }, () => Promise.reject(new Error('thrown')));
    await expect(broken).rejects.toThrow('thrown');
    expect(spans().map(({ failure }) => failure)).toEqual(['why', 'thrown']);
  });

  it('is active while the work runs, so that spans of others nest', async () => {
    new node.NodeTracerProvider().register();
    const { tracer } = collectingTracer();
    let active: string | undefined;
    let own = '';
    await tracer.trace('handler', { parent: null }, async (span) => {
      own = span.traceparent;
      await Promise.resolve();
      active = trace.getActiveSpan()?.spanContext().spanId;
    });
    context.disable();
    trace.disable();
    expect(own).toContain(active);
  });
});
