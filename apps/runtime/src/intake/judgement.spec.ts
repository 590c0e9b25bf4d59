import { type Failure, FailureError, failure, type PolicyQuestion, type Principal } from '@intendant/intent-model';
import { TestAuthority } from '@intendant/nest-kit/testing';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { rawHttpParticipant } from '../../test/raw-http-participant.js';
import { allowed, greeting, smallRuntime } from '../../test/small-runtime.js';

const closing: (() => unknown)[] = [];
let authority: TestAuthority;

beforeAll(async () => {
  authority = await TestAuthority.create();
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const ADA: Principal = { tenantId: 't_acme', userId: 'ada', roles: [], mode: 'standard' };
const deny = (question: PolicyQuestion) => ({
  ...allowed(question),
  effect: 'deny' as const,
  code: 'intent_not_enabled',
  reason: 'not for this tenant',
});

/** What validation and what submission say of the same intent to the same Runtime. */
async function asked(intent: object, more: Partial<Parameters<typeof smallRuntime>[0]>) {
  const participant = await rawHttpParticipant(() => undefined);
  const runtime = await smallRuntime({
    tls: await authority.issue('runtime'),
    tracer: null,
    service: 'content',
    instance: participant.instance,
    capability: {
      ...greeting({ retry: { attemptsMax: 1, initialMs: 1 }, timeoutMs: 300_000 }),
      inputContract: { type: 'object', maxProperties: 1 },
    },
    ...more,
  });
  closing.push(participant.close, runtime.close);
  const { sessionId } = await runtime.sessions.open(ADA, {}, 'c1');
  const body = Buffer.from(JSON.stringify({ intentType: 'content.greet', payload: {}, sessionId, ...intent }));
  const request = { body, headers: {}, query: {}, correlationId: 'c1', traceparent: null };
  const { refusal } = await runtime.intake.validate(ADA, request);
  const submitted = await runtime.intake.submit(ADA, request).then(
    () => null,
    (error: unknown) => (error instanceof FailureError ? error.failure : Promise.reject(error)),
  );
  const told = (found: Failure | null) => found && { code: found.code, detail: found.detail, field: found.field };
  return { validated: told(refusal), submitted: told(submitted) };
}

describe('validating an intent', () => {
  it.each<[string, object, Partial<Parameters<typeof smallRuntime>[0]>, string | null]>([
    ['one that is accepted', {}, {}, null],
    ['a tag that no step has', { skipTags: ['a'] }, {}, 'invalid_request'],
    ['a payload that breaks the contract', { payload: { a: 1, b: 2 } }, {}, 'invalid_payload'],
    ['an intent that nobody answers', { intentType: 'content.sing' }, {}, 'capability_not_found'],
    ['one that policy denies', {}, { decide: deny }, 'intent_not_enabled'],
    [
      'one when there is no room to keep it',
      {},
      { closedBecause: () => failure('storage_low', 'too little free space') },
      'storage_low',
    ],
  ])('says what submission says of %s', async (_name, intent, more, code) => {
    const { validated, submitted } = await asked(intent, more);
    expect(validated).toEqual(submitted);
    expect(validated?.code ?? null).toBe(code);
  });
});
