import { describe, expect, it } from '@jest/globals';
import { contentDigestMatches, contentDigestOf } from './content-digest.js';
import { NonceMemory } from './nonce-memory.js';
import { RequestKeys } from './request-key.js';
import { hmacMatches, hmacOf, signatureBase } from './signature-base.js';
import { type RequestRefusal, signRequest, verifyRequest } from './signed-request.js';
import { signResponse, verifyResponse } from './signed-response.js';

const HELLO = Buffer.from('{"hello": "world"}');

describe('against the vectors of RFC 9421 (B.2.5) and RFC 9530', () => {
  const secret = Buffer.from(
    'uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==',
    'base64',
  );
  const request = {
    method: 'POST',
    authority: 'example.com',
    path: '/foo',
    fields: { date: 'Tue, 20 Apr 2021 02:07:55 GMT', 'content-type': 'application/json' },
  };
  const params = ';created=1618884473;keyid="test-shared-secret"';
  const components = ['"date"', '"@authority"', '"content-type"'];
  const base = `"date": Tue, 20 Apr 2021 02:07:55 GMT
"@authority": example.com
"content-type": application/json
"@signature-params": ("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"`;

  it('makes the signature base and the hmac-sha256 signature', () => {
    expect(signatureBase(components, params, request)).toBe(base);
    const signature = 'pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=';
    expect(hmacOf(base, secret).toString('base64')).toBe(signature);
    expect(hmacMatches(base, secret, Buffer.from(signature, 'base64'))).toBe(true);
    expect(hmacMatches(`${base} `, secret, Buffer.from(signature, 'base64'))).toBe(false);
  });

  it('has no base over what is not in the message', () => {
    for (const missing of ['"x-absent"', '"@status"', '"@query"', '"signature";req', '"date";sf'])
      expect(signatureBase([missing], params, request)).toBeNull();
  });

  it('makes the digest of a body', () => {
    expect(contentDigestOf(HELLO)).toBe('sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:');
    expect(contentDigestMatches('sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:', HELLO)).toBe(true);
    expect(contentDigestMatches('sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:', Buffer.from('x'))).toBe(
      false,
    );
    expect(contentDigestMatches('md5=:Sd/dVLAcvNLSq16eXua5uQ==:', HELLO)).toBe(false);
  });
});

const NOW_MS = 1_800_000_000_000;
const NONCE = 'n'.repeat(22);
const key = { keyId: 'k1', secret: Buffer.alloc(32, 7).toString('base64') };
const other = { keyId: 'k2', secret: Buffer.alloc(32, 8).toString('base64') };
const toSign = {
  method: 'POST',
  authority: '127.0.0.1:4001',
  path: '/intendant/v1/call',
  contentType: 'application/json',
  body: HELLO,
};
const fields = signRequest(toSign, key, NOW_MS, NONCE);

function refusalOf(
  change: { fields?: Record<string, string>; path?: string; authority?: string; method?: string; body?: Buffer } = {},
  { nowMs = NOW_MS, nonces = new NonceMemory(), learnt = [key] } = {},
): RequestRefusal | 'passed' {
  const keys = new RequestKeys();
  for (const one of learnt) keys.learn(one);
  const message = { ...toSign, ...change, fields: { ...fields, ...change.fields } };
  const answer = verifyRequest(message, change.body ?? HELLO, { keys, nonces, nowMs });
  return 'refusal' in answer ? answer.refusal : 'passed';
}

describe('a signed request', () => {
  it('passes once', () => {
    const nonces = new NonceMemory();
    expect(refusalOf({}, { nonces })).toBe('passed');
    expect(refusalOf({}, { nonces })).toBe('replayed');
    expect(refusalOf({}, { nonces, nowMs: NOW_MS + 29_000 })).toBe('replayed');
  });

  it('passes from 5 s before it was made to 30 s after', () => {
    const at = (seconds: number) => refusalOf({}, { nowMs: NOW_MS + seconds * 1_000 });
    expect([-6, -5, 0, 30, 31].map(at)).toEqual(['expired', 'passed', 'passed', 'passed', 'expired']);
  });

  it('covers method, authority, path, type and body', () => {
    expect(refusalOf({ method: 'PUT' })).toBe('signature_differs');
    expect(refusalOf({ authority: '127.0.0.1:4002' })).toBe('signature_differs');
    expect(refusalOf({ path: '/intendant/v1/cancel' })).toBe('signature_differs');
    expect(refusalOf({ fields: { 'content-type': 'text/plain' } })).toBe('signature_differs');
    expect(refusalOf({ fields: { 'content-digest': contentDigestOf(Buffer.from('x')) } })).toBe('signature_differs');
    expect(refusalOf({ body: Buffer.from('{}') })).toBe('digest_differs');
  });

  it('must be signed with a key of this process, over everything, for no longer than 30 s', () => {
    expect(refusalOf({}, { learnt: [other] })).toBe('key_unknown');
    expect(refusalOf({}, { learnt: [{ ...other, keyId: 'k1' }] })).toBe('signature_differs');
    expect(refusalOf({ fields: { 'signature-input': '' } })).toBe('unsigned');
    expect(refusalOf({ fields: { signature: 'sig=:AAAA:' } })).toBe('unsigned');
    const input = fields['signature-input'];
    expect(refusalOf({ fields: { 'signature-input': input.replace(' "content-digest"', '') } })).toBe('unsigned');
    expect(refusalOf({ fields: { 'signature-input': input.replace(/expires=\d+/, 'expires=1900000000') } })).toBe(
      'expired',
    );
    expect(refusalOf({ fields: { 'signature-input': input.replace(NONCE, 'm'.repeat(22)) } })).toBe(
      'signature_differs',
    );
  });

  it('is refused rather than forgotten when too many are remembered', () => {
    const nonces = new NonceMemory(1);
    expect(nonces.use('a', NOW_MS + 1_000, NOW_MS)).toBe('new');
    expect(refusalOf({}, { nonces })).toBe('too_many');
    expect(refusalOf({}, { nonces, nowMs: NOW_MS + 2_000 })).toBe('passed');
  });

  it('may still be signed with one of the two keys before the newest', () => {
    const later = ['k3', 'k4', 'k5'].map((keyId) => ({ ...other, keyId }));
    expect(refusalOf({}, { learnt: [key, ...later.slice(0, 2)] })).toBe('passed');
    expect(refusalOf({}, { learnt: [key, ...later] })).toBe('key_unknown');
  });
});

describe('a signed answer', () => {
  const answer = { status: 200, contentType: 'application/json', body: HELLO, requestSignature: fields.signature };
  const signed = signResponse(answer, key, NOW_MS);

  it('holds for its request, status, type, body and key, and for nothing else', () => {
    const passes = (change: object, by = key) => verifyResponse({ ...answer, fields: signed, ...change }, by);
    expect(passes({})).toBe(true);
    expect(passes({ status: 201 })).toBe(false);
    expect(passes({ contentType: 'text/plain' })).toBe(false);
    expect(passes({ body: Buffer.from('{}') })).toBe(false);
    const laterRequest = signRequest(toSign, key, NOW_MS, 'm'.repeat(22));
    expect(passes({ requestSignature: laterRequest.signature })).toBe(false);
    expect(passes({ fields: {} })).toBe(false);
    expect(passes({}, other)).toBe(false);
  });
});
