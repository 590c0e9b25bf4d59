import 'reflect-metadata';
import type { Principal } from '@intendant/intent-model';
import { createLogger, type RpcServer, startRpcServer } from '@intendant/nest-kit';
import { type CollectedSpan, collectingTracer, TestAuthority } from '@intendant/nest-kit/testing';
import { ParticipantModule, type RuntimeParticipant, StepFailure } from '@intendant/participant';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { allowed, greeting, smallRuntime } from '../test/small-runtime.js';
import type { IntakeRequest } from './intake/submission.js';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const REQUEST_SPAN = 'b7ad6b7169203331';
const principal: Principal = { tenantId: 't_one', userId: 'ada', roles: [], mode: 'standard' };
const capability = greeting({ retry: { attemptsMax: 1 } });

class Greeter implements RuntimeParticipant {
  getSupportedIntents = () => ['content.greet'];
  handleIntent: RuntimeParticipant['handleIntent'] = async ({ payload }) => {
    if (payload['fail'] === true) throw new StepFailure('no_greeting', 'not today');
    return { artifacts: [], events: [], stateChanges: [] };
  };
}

let authority: TestAuthority;
let participant: RpcServer;
const there = collectingTracer();

beforeAll(async () => {
  authority = await TestAuthority.create();
  const tls = await authority.issue('content', ['content']);
  const ports = {
    clock: { nowMs: () => Date.now() },
    scheduler: {
      after: (ms: number, callback: () => void) => {
        const timer = setTimeout(callback, ms);
        return () => clearTimeout(timer);
      },
    },
    dataPlane: () => ({}) as never,
    log: () => ({ info: () => undefined, warn: () => undefined, error: () => undefined }),
    tracer: there.tracer,
  };
  const module = ParticipantModule.register({
    service: 'content',
    participant: Greeter,
    capabilities: [capability],
    ports,
  });
  participant = await startRpcServer(module, {
    host: '127.0.0.1',
    port: 0,
    tls,
    logger: createLogger('spec', 'fatal'),
  });
});
afterAll(() => participant.close());

async function run(options: {
  readonly payload?: object;
  readonly traceparent?: string | null;
  readonly traced?: boolean;
  readonly denied?: boolean;
}) {
  const here = collectingTracer();
  const before = there.spans().length;
  const { intake, sessions, supervisor, close } = await smallRuntime({
    tls: await authority.issue('runtime'),
    tracer: options.traced === false ? null : here.tracer,
    capability,
    service: 'content',
    port: participant.port,
    decide: (question) => ({
      ...allowed(question),
      ...(options.denied === true && { effect: 'deny', obligations: null }),
    }),
  });
  try {
    const { sessionId } = await sessions.open(principal, {}, 'c1');
    const body = Buffer.from(
      JSON.stringify({ intentType: 'content.greet', sessionId, payload: options.payload ?? {} }),
    );
    const request: IntakeRequest = {
      body,
      headers: {},
      query: {},
      correlationId: 'c1',
      traceparent: options.traceparent ?? null,
    };
    const { executionId } = await intake.submit(principal, request);
    const state = await supervisor.settled(executionId, 10_000);
    return { state, executionId, here: here.spans(), there: there.spans().slice(before) };
  } catch (error) {
    return { error, here: here.spans(), there: [], state: undefined, executionId: '' };
  } finally {
    await close();
  }
}

const named = (spans: readonly CollectedSpan[], name: string) =>
  spans.find((span) => span.name === name) as CollectedSpan;

describe('one intent', () => {
  it('is one tree, from the request into the other process', async () => {
    const {
      here,
      there: handled,
      state,
      executionId,
    } = await run({ traceparent: `00-${TRACE_ID}-${REQUEST_SPAN}-01` });
    expect(state?.status).toBe('completed');
    const intake = named(here, 'intent.intake');
    expect(intake).toMatchObject({ parentSpanId: REQUEST_SPAN, attributes: { 'intendant.execution_id': executionId } });
    const call = named(here, 'participant.call');
    for (const name of ['policy.decide', 'log.accept', 'participant.call'])
      expect([name, named(here, name).parentSpanId]).toEqual([name, intake.spanId]);
    expect(call.attributes).toMatchObject({ 'intendant.service': 'content', 'intendant.attempt': 1 });
    expect(handled).toEqual([expect.objectContaining({ name: 'participant.handle', parentSpanId: call.spanId })]);
    expect(new Set([...here, ...handled].map(({ traceId }) => traceId))).toEqual(new Set([TRACE_ID]));
    expect(here).toHaveLength(4);
  });

  it('records where its trace goes on', async () => {
    const { here, state } = await run({ traceparent: `00-${TRACE_ID}-${REQUEST_SPAN}-01` });
    const intake = named(here, 'intent.intake');
    expect(state?.intent?.metadata).toEqual({ traceparent: `00-${TRACE_ID}-${intake.spanId}-01` });
  });

  it('begins a trace when the request is in none', async () => {
    const { here, there: handled } = await run({});
    expect(named(here, 'intent.intake').parentSpanId).toBeUndefined();
    expect(handled[0]?.traceId).toBe(here[0]?.traceId);
  });

  it('that fails has failed spans on both sides', async () => {
    const { here, there: handled } = await run({ payload: { fail: true } });
    expect([named(here, 'participant.call').failure, handled[0]?.failure]).toEqual(['no_greeting', 'no_greeting']);
    expect(named(here, 'intent.intake').failure).toBeUndefined();
  });

  it('that is refused has an intake that failed, and no call', async () => {
    const { here } = await run({ denied: true });
    expect(here.map(({ name }) => name)).toEqual(['policy.decide', 'intent.intake']);
    expect(named(here, 'intent.intake').failure).toContain('action_not_permitted');
  });

  it('passes the trace of its request on when this process does not trace', async () => {
    const {
      here,
      there: handled,
      state,
    } = await run({ traced: false, traceparent: `00-${TRACE_ID}-${REQUEST_SPAN}-01` });
    expect(here).toEqual([]);
    expect(handled[0]).toMatchObject({ traceId: TRACE_ID, parentSpanId: REQUEST_SPAN });
    expect(state?.intent?.metadata).toEqual({ traceparent: `00-${TRACE_ID}-${REQUEST_SPAN}-01` });
  });

  it('carries nothing when nobody traces', async () => {
    expect((await run({ traced: false })).state?.intent?.metadata).toEqual({});
  });
});
