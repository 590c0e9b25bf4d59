import type { ExecutionState } from '@intendant/execution';
import { FailureError, type Principal } from '@intendant/intent-model';
import { TestAuthority } from '@intendant/nest-kit/testing';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { rawHttpParticipant } from '../../test/raw-http-participant.js';
import { allowedFor, greeting, smallRuntime } from '../../test/small-runtime.js';
import { ChildIntents } from './child-intents.js';

const closing: (() => unknown)[] = [];
let authority: TestAuthority;

beforeAll(async () => {
  authority = await TestAuthority.create();
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Longer than a test may take. */
const WAIT_MS_MAX = 300_000;

const INTENT = { intentType: 'content.greet', payload: {} };

/** A Runtime that takes four executions at once, of a participant that never answers. */
async function slowRuntime() {
  const participant = await rawHttpParticipant(() => undefined);
  const runtime = await smallRuntime({
    tls: await authority.issue('runtime'),
    tracer: null,
    service: 'content',
    instance: participant.instance,
    liveMax: 4,
    decide: allowedFor(WAIT_MS_MAX),
    capability: greeting({ retry: { attemptsMax: 1, initialMs: 1 }, timeoutMs: WAIT_MS_MAX }),
  });
  closing.push(participant.close, runtime.close);
  const tenant = async (tenantId: string) => {
    const principal: Principal = { tenantId, userId: 'ada', roles: [], mode: 'standard' };
    const { sessionId } = await runtime.sessions.open(principal, {}, 'c1');
    const body = Buffer.from(JSON.stringify({ ...INTENT, sessionId }));
    return (key: string) =>
      runtime.intake.submit(principal, {
        body,
        headers: { 'idempotency-key': key },
        query: {},
        correlationId: 'c1',
        traceparent: null,
      });
  };
  return { ...runtime, tenant };
}

const refusalOf = (submitted: Promise<unknown>) =>
  submitted.then(
    () => null,
    (error: unknown) => (error instanceof FailureError ? error.failure : error),
  );

describe('a tenant that has its whole share in flight', () => {
  it('is told so and when to ask again, and finds what it submitted before under its key', async () => {
    const { tenant } = await slowRuntime();
    const submit = await tenant('t_greedy');
    const first = await submit('first');
    await submit('second');
    expect(await refusalOf(submit('third'))).toMatchObject({
      code: 'overloaded',
      detail: 'the tenant has its whole share of what may be in flight: 2 executions',
      retryAfterMs: 1_000,
    });
    expect(await submit('first')).toEqual({ ...first, replayed: true });
  });

  it('keeps nobody else out, and its sagas get their children', async () => {
    const { tenant, intake, supervisor } = await slowRuntime();
    const submit = await tenant('t_greedy');
    const { executionId } = await submit('first');
    await submit('second');
    const modest = await tenant('t_modest');
    for (const key of ['first', 'second']) expect(await modest(key)).toMatchObject({ replayed: false });
    expect(await refusalOf((await tenant('t_late'))('first'))).toMatchObject({
      code: 'overloaded',
      detail: 'no new work is taken at the moment',
    });
    const parent = (await supervisor.read(executionId)) as ExecutionState;
    const childId = `${executionId.slice(0, -8)}00000000`;
    const children = new ChildIntents(intake, supervisor);
    expect(await children.ensure(parent, childId, { ...INTENT, operationId: 'greet' })).toEqual({ kind: 'accepted' });
    expect(await supervisor.read(childId)).toMatchObject({ status: 'running' });
  });
});
