import {
  type CallOutcome,
  DETAILS_CHARS_MAX,
  type Principal,
  RESULT_CHARS_MAX,
  RpcPattern,
} from '@intendant/intent-model';
import { createLogger, startRpcServer } from '@intendant/nest-kit';
import { TestAuthority } from '@intendant/nest-kit/testing';
import { APPEND_BYTES_MAX } from '@intendant/wal';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Module } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { rawHttpParticipant, signed } from '../../test/raw-http-participant.js';
import { greeting, smallRuntime } from '../../test/small-runtime.js';

const principal: Principal = { tenantId: 't_one', userId: 'ada', roles: [], mode: 'standard' };
const closing: (() => unknown)[] = [];
let authority: TestAuthority;

beforeAll(async () => {
  authority = await TestAuthority.create();
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A participant that answers every call with this, without a library that would look at it first. */
type Served = (answer: unknown) => Promise<Partial<Parameters<typeof smallRuntime>[0]>>;

const overHttp: Served = async (answer) => {
  const { instance, close } = await rawHttpParticipant((request) => request.socket.write(signed(request, answer)));
  closing.push(close);
  return { instance };
};

const overTcp: Served = async (answer) => {
  @Controller()
  class Answers {
    @MessagePattern(RpcPattern.call)
    call(): unknown {
      return answer;
    }
  }
  @Module({ controllers: [Answers] })
  class AnswersModule {}
  const tls = await authority.issue('content');
  const logger = createLogger('spec', 'fatal');
  const { port, close } = await startRpcServer(AnswersModule, { host: '127.0.0.1', port: 0, tls, logger });
  closing.push(close);
  return { port };
};

async function outcomeOf(served: Served, answer: unknown) {
  const runtime = await smallRuntime({
    tls: await authority.issue('runtime'),
    tracer: null,
    service: 'content',
    ...(await served(answer)),
    capability: greeting({ retry: { attemptsMax: 1, initialMs: 1 } }),
  });
  closing.push(runtime.close);
  const { sessionId } = await runtime.sessions.open(principal, {}, 'c1');
  const body = Buffer.from(JSON.stringify({ intentType: 'content.greet', sessionId, payload: {} }));
  const request = { body, headers: {}, query: {}, correlationId: 'c1', traceparent: null };
  const { executionId } = await runtime.intake.submit(principal, request);
  const state = await runtime.supervisor.settled(executionId, 20_000);
  return { status: state?.status, error: state?.error ?? null, result: state?.steps.get('main')?.result ?? null };
}

const succeeded = (result: object): unknown => ({
  status: 'succeeded',
  result: { artifacts: [], events: [], stateChanges: [], ...result },
});
const event = (text: string) => ({ eventType: 'content.greeted', data: { text } });
const FRAME_CHARS = JSON.stringify((succeeded({ events: [event('')] }) as { result: object }).result).length;
const ofChars = (chars: number): unknown => succeeded({ events: [event('x'.repeat(chars - FRAME_CHARS))] });
const failed = (details: object): CallOutcome => ({
  status: 'failed',
  error: { code: 'unreadable_record', message: 'm', retryable: false, details: details as never },
});

describe.each([
  ['HTTP', overHttp],
  ['TCP', overTcp],
])('what a participant over %s may answer', (_transport, served) => {
  it('a result of as many characters as are allowed is recorded', async () => {
    expect((await outcomeOf(served, ofChars(RESULT_CHARS_MAX))).status).toBe('completed');
  });

  it.each([
    ['one character more', ofChars(RESULT_CHARS_MAX + 1), 'the result has 4194305 characters, 4194304 are allowed'],
    [
      'more bytes than the log takes at once',
      succeeded({ events: [event('語'.repeat(APPEND_BYTES_MAX / 3))] }),
      'the outcome is too large to be recorded',
    ],
    ['an event more', succeeded({ events: Array(257).fill(event('')) }), '/result/events'],
    [
      'a change of state more',
      succeeded({ stateChanges: Array(257).fill({ scope: 'execution', key: 'k', value: 1 }) }),
      '/result/stateChanges',
    ],
    [
      'an artifact more',
      succeeded({
        artifacts: Array.from({ length: 257 }, (_, n) => ({
          artifactId: `file_${n}`,
          resultType: 'file',
          semanticPayload: {},
          renderings: [],
          parents: [],
        })),
      }),
      '/result/artifacts',
    ],
  ])(
    'a result beyond its bounds breaks the contract, and nothing of it is recorded: %s',
    async (_what, answer, why) => {
      const { status, error, result } = await outcomeOf(served, answer);
      expect([status, error?.code, error?.retryable, result]).toEqual(['failed', 'contract_violation', false, null]);
      expect(error?.message).toContain(why);
    },
  );

  it('details of a failure that are too large are left out, and the failure keeps its code', async () => {
    const atBound = { text: 'x'.repeat(DETAILS_CHARS_MAX - '{"text":""}'.length) };
    expect((await outcomeOf(served, failed(atBound))).error).toMatchObject({ details: atBound });
    const { error } = await outcomeOf(served, failed({ text: `${atBound.text}x` }));
    expect(error).toMatchObject({ code: 'unreadable_record', details: null });
  });
});
