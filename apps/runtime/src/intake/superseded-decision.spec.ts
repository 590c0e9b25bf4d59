import { FailureError, type Principal } from '@intendant/intent-model';
import { TestAuthority } from '@intendant/nest-kit/testing';
import { afterEach, describe, expect, it } from '@jest/globals';
import { allowed, greeting, smallRuntime } from '../../test/small-runtime.js';

const ADA: Principal = { tenantId: 't_one', userId: 'ada', roles: [], mode: 'standard' };
const KNOWN = 7;
const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** What becomes of an intent when Smart City decides by these revisions, one after the other, while 7 is known to be published. */
async function submittedUnder(...revisions: number[]) {
  let asked = 0;
  const authority = await TestAuthority.create();
  const runtime = await smallRuntime({
    tls: await authority.issue('runtime'),
    tracer: null,
    service: 'content',
    capability: greeting({}),
    knownRevision: KNOWN,
    decide: (question) => {
      asked += 1;
      return { ...allowed(question), policyRevision: revisions[asked - 1] as number };
    },
  });
  closing.push(runtime.close);
  const { sessionId } = await runtime.sessions.open(ADA, {}, 'c1');
  const body = Buffer.from(JSON.stringify({ intentType: 'content.greet', payload: {}, sessionId }));
  const outcome = await runtime.intake
    .submit(ADA, { body, headers: {}, query: {}, correlationId: 'c1', traceparent: null })
    .then(
      () => 'accepted',
      (error: unknown) => (error instanceof FailureError ? error.failure.code : Promise.reject(error)),
    );
  return { outcome, asked };
}

describe('a decision by a revision that is superseded', () => {
  it('is asked for again', async () => {
    expect(await submittedUnder(KNOWN)).toEqual({ outcome: 'accepted', asked: 1 });
    expect(await submittedUnder(KNOWN - 1, KNOWN)).toEqual({ outcome: 'accepted', asked: 2 });
  });

  it('decides nothing when the second is no newer', async () => {
    expect(await submittedUnder(KNOWN - 1, KNOWN - 1)).toEqual({ outcome: 'policy_unavailable', asked: 2 });
  });
});
