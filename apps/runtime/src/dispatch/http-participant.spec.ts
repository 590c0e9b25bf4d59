import type { Principal } from '@intendant/intent-model';
import { TestAuthority } from '@intendant/nest-kit/testing';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Behave, type RawRequest, rawHttpParticipant, signed } from '../../test/raw-http-participant.js';
import { greeting, smallRuntime } from '../../test/small-runtime.js';

const principal: Principal = { tenantId: 't_one', userId: 'ada', roles: [], mode: 'standard' };
const RESULT = { artifacts: [], events: [], stateChanges: [] };
const SUCCEEDED = { status: 'succeeded', result: RESULT };
const closing: (() => unknown)[] = [];
let authority: TestAuthority;

beforeAll(async () => {
  authority = await TestAuthority.create();
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** The deadline where it is what is tested; elsewhere answers come long before theirs. */
const SOON_MS = 400;

/** A Runtime and a participant that behaves like this. */
async function runtimeWith(behave: Behave, { attemptsMax = 1, timeoutMs = 30_000 } = {}) {
  const participant = await rawHttpParticipant(behave);
  let tellLate = (_outcome: string): void => undefined;
  const late = new Promise<string>((resolve) => {
    tellLate = resolve;
  });
  const runtime = await smallRuntime({
    tls: await authority.issue('runtime'),
    tracer: null,
    service: 'content',
    instance: participant.instance,
    onLate: (outcome) => tellLate(outcome),
    capability: greeting({ retry: { attemptsMax, initialMs: 1 }, timeoutMs }),
  });
  closing.push(participant.close, runtime.close);
  const { sessionId } = await runtime.sessions.open(principal, {}, 'c1');
  const run = async () => {
    const body = Buffer.from(JSON.stringify({ intentType: 'content.greet', sessionId, payload: {} }));
    const request = { body, headers: {}, query: {}, correlationId: 'c1', traceparent: null };
    const { executionId } = await runtime.intake.submit(principal, request);
    const state = await runtime.supervisor.settled(executionId, 120_000);
    const main = state?.steps.get('main');
    return { status: state?.status, error: state?.error ?? main?.error, attempt: main?.attempt };
  };
  return { run, participant, late };
}

const raw =
  (text: string | ((request: RawRequest) => Buffer | string)): Behave =>
  (request) => {
    request.socket.write(typeof text === 'string' ? text : text(request));
  };
const head = (status: string, ...fields: string[]): string => `HTTP/1.1 ${[status, ...fields].join('\r\n')}\r\n\r\n`;
const JSON_TYPE = 'content-type: application/json';

describe('a participant over HTTP', () => {
  it('is believed when its answer is signed for the request', async () => {
    const { run } = await runtimeWith(raw((request) => signed(request, SUCCEEDED)));
    expect(await run()).toMatchObject({ status: 'completed', attempt: 1 });
  });

  it.each<[string, Behave, string]>([
    ['bytes that are no HTTP', raw('\x00\x01 garbage\r\n\r\n'), 'Expected HTTP'],
    ['another type', raw((request) => signed(request, SUCCEEDED, { type: 'text/html' })), 'of type text/html'],
    ['no JSON', raw((request) => signed(request, '{"status":')), 'not JSON'],
    ['JSON that readers differ about', raw((request) => signed(request, '{"status":1,"status":2}')), 'not JSON'],
    [
      'an encoding that was not asked for',
      raw((request) => signed(request, SUCCEEDED, { more: 'content-encoding: gzip\r\n' })),
      'encoded as gzip',
    ],
    ['no signature', raw(`${head('200 OK', JSON_TYPE, 'content-length: 2')}{}`), 'not signed'],
    [
      'a chunked body that breaks off',
      (request) => request.socket.end(`${head('200 OK', JSON_TYPE, 'transfer-encoding: chunked')}5\r\n{"sta`),
      '',
    ],
    [
      'a body shorter than it says',
      (request) => request.socket.end(`${head('200 OK', JSON_TYPE, 'content-length: 99')}{"sta`),
      '',
    ],
    ['an error of a proxy', raw(`${head('502 Bad Gateway', 'content-length: 0')}`), 'answered 502'],
    ['the end of the connection', (request) => request.socket.destroy(), ''],
    ['more than it may say', raw(head('200 OK', JSON_TYPE, 'content-length: 1073741824')), '1073741824 bytes'],
  ])('whose answer is unusable leaves the outcome unknown: %s', async (_what, behave, reason) => {
    const { run, participant } = await runtimeWith(behave);
    const { status, error } = await run();
    expect([status, error?.code]).toEqual(['failed', 'participant_unreachable']);
    expect(error?.message).toContain(reason);
    expect(participant.calls).toHaveLength(1);
  });

  it.each<[string, Behave, string]>([
    [
      'redirects',
      raw(head('307 Temporary Redirect', 'location: /elsewhere/call', 'content-length: 0')),
      'answered 307',
    ],
    ['knows no such path', raw(head('404 Not Found', 'content-length: 0')), 'answered 404'],
    ['is overloaded', raw(head('503 Service Unavailable', 'content-length: 0')), 'answered 503'],
  ])('that turns the request down has failed, and is not followed anywhere: %s', async (_what, behave, reason) => {
    const { run, participant } = await runtimeWith(behave);
    const { status, error } = await run();
    expect([status, error?.code]).toEqual(['failed', 'handler_failed']);
    expect(error?.message).toContain(reason);
    expect(participant.calls.map(({ path }) => path)).toEqual(['/intendant/v1/call']);
  });

  it('that answers 200 with something else than an outcome breaks the contract', async () => {
    const { run } = await runtimeWith(raw((request) => signed(request, { error: 'no' })));
    expect((await run()).error?.code).toBe('contract_violation');
  });

  it('is called again without a new attempt while it does not know the key', async () => {
    const refusal = `${head('401 Unauthorized', 'content-length: 0')}`;
    const { run, participant } = await runtimeWith((request, n) => {
      request.socket.write(n === 1 ? refusal : signed(request, SUCCEEDED));
    });
    expect(await run()).toMatchObject({ status: 'completed', attempt: 1 });
    expect(participant.calls).toHaveLength(2);
  });
});

describe('time and memory', () => {
  /** The socket of the first call has been given up by the Runtime. */
  const closed = ({ calls: [first] }: { calls: readonly RawRequest[] }): Promise<void> =>
    new Promise((resolve) => {
      if (first === undefined || first.socket.destroyed) resolve();
      else first.socket.on('close', () => resolve());
    });

  it('a participant that never answers is given up at the deadline, and its socket destroyed', async () => {
    const { run, participant } = await runtimeWith(() => undefined, { timeoutMs: SOON_MS });
    expect((await run()).error?.code).toBe('step_timeout');
    await closed(participant);
  });

  it('a body that drips is over at the same deadline', async () => {
    // it would not be over before the test
    const { run, participant } = await runtimeWith(
      ({ socket }) => {
        socket.write(head('200 OK', JSON_TYPE, 'content-length: 1000000'));
        const timer = setInterval(() => socket.write(' '), 20);
        socket.on('close', () => clearInterval(timer));
      },
      { timeoutMs: SOON_MS },
    );
    expect((await run()).error?.code).toBe('step_timeout');
    await closed(participant);
  });

  it('a gigabyte is cut off at the cap, and is not held', async () => {
    let sentBytes = 0;
    const chunk = Buffer.alloc(256 * 1024, 32);
    const { run, participant } = await runtimeWith(({ socket }) => {
      socket.write(head('200 OK', JSON_TYPE, 'transfer-encoding: chunked'));
      const pour = (): void => {
        while (sentBytes < 1024 ** 3 && !socket.destroyed) {
          sentBytes += chunk.length;
          socket.write(`${chunk.length.toString(16)}\r\n`);
          socket.write(chunk);
          if (!socket.write('\r\n')) return void socket.once('drain', pour);
        }
      };
      pour();
    });
    const before = process.memoryUsage().arrayBuffers;
    const { error } = await run();
    expect([error?.code, error?.message]).toEqual([
      'participant_unreachable',
      expect.stringContaining('more than 16777216 bytes'),
    ]);
    await closed(participant);
    expect(sentBytes).toBeLessThan(64 * 1024 ** 2);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 ** 2);
  });
});

describe('answers to something else', () => {
  it('the answer to an earlier call is refused for this one', async () => {
    let kept: Buffer | undefined;
    const { run } = await runtimeWith((request) => {
      kept ??= signed(request, SUCCEEDED);
      request.socket.write(kept);
    });
    expect((await run()).status).toBe('completed');
    const second = await run();
    expect([second.status, second.error?.code]).toEqual(['failed', 'participant_unreachable']);
    expect(second.error?.message).toContain('not for this request');
  });

  it('an answer given twice does not answer the next call', async () => {
    const { run, participant } = await runtimeWith(
      (request, n) => {
        const answer = signed(request, n === 1 ? SUCCEEDED : { ...SUCCEEDED, result: { ...RESULT, artifacts: [] } });
        request.socket.write(n === 1 ? Buffer.concat([answer, answer]) : answer);
      },
      { attemptsMax: 2 },
    );
    expect((await run()).status).toBe('completed');
    expect((await run()).status).toBe('completed');
    // the second answer was not taken for the second call's: that was made, and answered, by itself
    expect(new Set(participant.calls.map(({ call }) => call.idempotencyKey)).size).toBe(2);
  });

  it('a success after the deadline is late, and is told as late', async () => {
    let ask = (_request: RawRequest): void => undefined;
    const asked = new Promise<RawRequest>((resolve) => {
      ask = resolve;
    });
    const { run, late } = await runtimeWith((request) => ask(request), { timeoutMs: SOON_MS });
    expect((await run()).error?.code).toBe('step_timeout');
    const request = await asked;
    request.socket.write(signed(request, SUCCEEDED));
    expect(await late).toBe('succeeded');
  });

  it('what was done before a timeout is not done again under its key', async () => {
    const effects = new Map<string, number>();
    const { run } = await runtimeWith(
      (request, n) => {
        const { idempotencyKey } = request.call;
        if (!effects.has(idempotencyKey)) effects.set(idempotencyKey, n);
        if (n > 1) request.socket.write(signed(request, SUCCEEDED));
      },
      { attemptsMax: 10, timeoutMs: 1_000 },
    );
    const { status, attempt } = await run();
    expect(status).toBe('completed');
    expect(attempt).toBeGreaterThan(1);
    expect([...effects.values()]).toEqual([1]);
  });
});
