import { digestOf } from '@intendant/kernel';
import { describe, expect, it } from '@jest/globals';
import { isIntentOf, readSubmission, type Submission } from './submission.js';

const principal = { tenantId: 't_acme', userId: 'ada', roles: ['analyst'], mode: 'standard' };
const executionId = `exe_${'1'.repeat(32)}`;
const sessionId = `ses_${'2'.repeat(32)}`;

const read = (metadata: object, more: { keyDigest?: string } = {}) =>
  readSubmission(principal, {
    body: Buffer.from(JSON.stringify({ intentType: 'content.parse', sessionId, payload: {}, metadata })),
    headers: {},
    query: {},
    correlationId: 'c-1',
    traceparent: null,
    ...more,
  });

describe('metadata of a submission', () => {
  it.each([
    ['parentExecutionId', executionId],
    ['retryOf', executionId],
    ['retrySignal', { decidedSeq: 1, payload: {} }],
    ['traceparent', `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`],
  ])('may not claim %s, which the Runtime writes and believes', (name, value) => {
    const claimed = read({ source: 'web', [name]: value });
    expect(claimed.ok ? null : claimed.error.found).toMatchObject({
      code: 'invalid_request',
      field: `/metadata/${name}`,
    });
  });

  it('carry what the Runtime itself says of an execution that it starts once more', () => {
    const ours = read({ retryOf: executionId, retrySignal: { decidedSeq: 1, payload: {} } }, { keyDigest: 'k' });
    expect(ours.ok ? ours.value.body.metadata : ours.error).toMatchObject({ retryOf: executionId });
  });

  it('carry what else a submitter writes', () => {
    const theirs = read({ source: 'web', ticket: 'T-7' });
    expect(theirs.ok ? theirs.value.body.metadata : theirs.error).toEqual({ source: 'web', ticket: 'T-7' });
  });
});

describe('the query of a submission', () => {
  const queried = (query: Readonly<Record<string, unknown>>) =>
    readSubmission(principal, {
      body: Buffer.from(JSON.stringify({ intentType: 'content.parse', sessionId, payload: {} })),
      headers: {},
      query,
      correlationId: 'c-1',
      traceparent: null,
    });

  it('may repeat who asks, and says nothing else', () => {
    expect(queried({ userId: 'ada' }).ok).toBe(true);
    const unknown = queried({ userId: 'ada', wait: '20' });
    expect(unknown.ok ? null : unknown.error.found).toMatchObject({ code: 'invalid_request', field: 'query wait' });
  });
});

it.each(['a b', 'a, b', 'ключ', ''])('a key that is none is told what one is: %j', (key) => {
  const read = readSubmission(principal, {
    body: Buffer.from(JSON.stringify({ intentType: 'content.parse', sessionId, payload: {} })),
    headers: { 'idempotency-key': key },
    query: {},
    correlationId: 'c-1',
    traceparent: null,
  });
  expect(read.ok ? null : read.error.found).toMatchObject({
    detail: 'must be 1–255 printable ASCII characters without spaces',
    field: 'header idempotency-key',
  });
});

describe('the intent that a key is bound to', () => {
  const submission = (skipTags?: readonly string[]): Submission => {
    const body = { intentType: 'content.parse', sessionId, payload: {}, ...(skipTags && { skipTags }) };
    const found = readSubmission(principal, {
      body: Buffer.from(JSON.stringify(body)),
      headers: {},
      query: {},
      correlationId: 'c-1',
      traceparent: null,
    });
    if (!found.ok) throw new Error(found.error.found.detail);
    return found.value;
  };
  const said = ['content.parse', sessionId, digestOf({}), null, null];
  /** As keys have been bound so far: without a list, with an empty one, with one. */
  const [none, empty, tagged] = [digestOf(said), digestOf([...said, []]), digestOf([...said, ['a', 'b']])];

  it('has the fingerprint that it always had, and an empty list that of none', () => {
    const all = [undefined, [], ['b', 'a']].map((skipTags) => submission(skipTags).fingerprint);
    expect(all).toEqual([none, none, tagged]);
  });

  it('is the same without tags as with an empty list of them, also where the key was bound to the list', () => {
    for (const skipTags of [undefined, []])
      expect([none, empty, tagged].map((bound) => isIntentOf(bound, submission(skipTags)))).toEqual([
        true,
        true,
        false,
      ]);
    expect([none, empty, tagged].map((bound) => isIntentOf(bound, submission(['a', 'b'])))).toEqual([
      false,
      false,
      true,
    ]);
  });
});
