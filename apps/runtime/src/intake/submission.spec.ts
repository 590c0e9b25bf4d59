import { describe, expect, it } from '@jest/globals';
import { readSubmission } from './submission.js';

const principal = { tenantId: 't_acme', userId: 'ada', roles: ['analyst'], mode: 'standard' };
const executionId = `exe_${'1'.repeat(32)}`;

const read = (metadata: object, more: { keyDigest?: string } = {}) =>
  readSubmission(principal, {
    body: Buffer.from(
      JSON.stringify({ intentType: 'content.parse', sessionId: `ses_${'2'.repeat(32)}`, payload: {}, metadata }),
    ),
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
