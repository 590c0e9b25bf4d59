import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { contentRefOf, type Principal } from '@intendant/intent-model';
import { TestAuthority } from '@intendant/nest-kit/testing';
import { contentOf } from '@intendant/wal';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type RawRequest, rawHttpParticipant, signed } from '../../test/raw-http-participant.js';
import { greeting, smallRuntime } from '../../test/small-runtime.js';

const principal: Principal = { tenantId: 't_one', userId: 'ada', roles: [], mode: 'standard' };
const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
const [HERS, WRITTEN] = ['what eve staged', 'what the call wrote'];
const refOf = (bytes: string): string => contentRefOf(digest(bytes));
const closing: (() => unknown)[] = [];
let authority: TestAuthority;

beforeAll(async () => {
  authority = await TestAuthority.create();
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A result with one artifact, whose rendering is the content with these bytes. */
const naming = (bytes: string, { ref = refOf(bytes), sizeBytes = bytes.length } = {}): unknown => ({
  status: 'succeeded',
  result: {
    artifacts: [
      {
        artifactId: 'file_1',
        resultType: 'file',
        semanticPayload: {},
        renderings: [{ mediaType: 'text/plain', content: { ref, sha256: digest(bytes), sizeBytes } }],
        parents: [],
      },
    ],
    events: [],
    stateChanges: [],
  },
});
type Runtime = Awaited<ReturnType<typeof smallRuntime>>;

/** Ada's execution, in a tenant in which Eve has staged content; `answer` is given each call, `n` from 1 on. */
async function outcomeOf(answer: (request: RawRequest, n: number, runtime: Runtime) => unknown) {
  const participant = await rawHttpParticipant((request, n) => answer(request, n, runtime));
  const runtime: Runtime = await smallRuntime({
    tls: await authority.issue('runtime'),
    tracer: null,
    service: 'content',
    instance: participant.instance,
    capability: greeting({ retry: { attemptsMax: 2, initialMs: 1 } }),
  });
  closing.push(participant.close, runtime.close);
  const none = { sessionId: null, executionId: null, intentId: null, correlationId: 'c1' };
  const content = { ref: refOf(HERS), sha256: digest(HERS), sizeBytes: HERS.length };
  await runtime.content.put('t_one', Readable.from([Buffer.from(HERS)]));
  await runtime.log.append(contentOf('t_one'), { tenantId: 't_one', ...none }, [
    {
      type: 'data.registered',
      actor: 'user:eve',
      cause: null,
      data: { content, ownerUserId: 'eve', reference: content.ref, resourceClass: 'content', sources: [] },
    },
  ]);
  const { sessionId } = await runtime.sessions.open(principal, {}, 'c1');
  const body = Buffer.from(JSON.stringify({ intentType: 'content.greet', sessionId, payload: {} }));
  const request = { body, headers: {}, query: {}, correlationId: 'c1', traceparent: null };
  const { executionId } = await runtime.intake.submit(principal, request);
  const state = await runtime.supervisor.settled(executionId, 20_000);
  return [state?.status, state?.error?.code, participant.calls.at(-1)?.call.deliveryAttempt];
}

/** What the data plane does with bytes that come in. */
async function write({ call }: RawRequest, runtime: Runtime, bytes: string): Promise<void> {
  await runtime.content.put('t_one', Readable.from([Buffer.from(bytes)]));
  runtime.grants.find(call.dataPlane.grant)?.readable.add(digest(bytes));
}

describe('content that a result names as its own', () => {
  it('is not somebody else’s', async () => {
    const outcome = await outcomeOf((request) => request.socket.write(signed(request, naming(HERS))));
    expect(outcome).toEqual(['failed', 'contract_violation', 1]);
  });

  it('is not somebody else’s under the digest of what the call wrote itself', async () => {
    const outcome = await outcomeOf(async (request, _n, runtime) => {
      await write(request, runtime, WRITTEN);
      request.socket.write(signed(request, naming(WRITTEN, { ref: refOf(HERS) })));
    });
    expect(outcome).toEqual(['failed', 'contract_violation', 1]);
  });

  it('is not somebody else’s on a later delivery either, though a participant can bring one about', async () => {
    const outcome = await outcomeOf((request, n) => {
      if (n === 1) request.socket.destroy();
      else request.socket.write(signed(request, naming(HERS)));
    });
    expect(outcome).toEqual(['failed', 'contract_violation', 2]);
  });

  it('may be the same bytes as somebody else’s when an earlier delivery wrote them', async () => {
    const outcome = await outcomeOf(async (request, n, runtime) => {
      if (n > 1) return request.socket.write(signed(request, naming(HERS)));
      await write(request, runtime, HERS);
      return request.socket.destroy();
    });
    expect(outcome).toEqual(['completed', undefined, 2]);
  });

  it('is not what nobody has stored: it would be theirs who store it next', async () => {
    const outcome = await outcomeOf((request) => request.socket.write(signed(request, naming('not stored yet'))));
    expect(outcome).toEqual(['failed', 'contract_violation', 1]);
  });

  it('has the size that is kept: another one would make it unreadable', async () => {
    const outcome = await outcomeOf(async (request, _n, runtime) => {
      await write(request, runtime, WRITTEN);
      request.socket.write(signed(request, naming(WRITTEN, { sizeBytes: 3 })));
    });
    expect(outcome).toEqual(['failed', 'contract_violation', 1]);
  });
});
