import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Principal } from '@intendant/intent-model';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { exportJWK, exportSPKI, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import { IssuerConfig, TokenVerifier } from './token-verifier.js';

const ISSUER = 'https://issuer.example';
const AUDIENCE = 'intendant';
const NOW_S = 1_767_323_045;

interface Shape {
  readonly alg?: string;
  readonly typ?: string;
  readonly kid?: string;
  readonly header?: object;
  readonly claims?: JWTPayload;
  readonly without?: readonly string[];
}

let directory: string;
let jwksFile: string;
let keys: Awaited<ReturnType<typeof generateKeyPair>>;
let others: Awaited<ReturnType<typeof generateKeyPair>>;
let jwk: JWK;
let nowMs: number;
let verifier: TokenVerifier;
const config = () => IssuerConfig.parse({ issuer: ISSUER, audience: AUDIENCE, jwksFile, algorithms: ['ES256'] });

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'token-verifier-'));
  jwksFile = join(directory, 'jwks.json');
  keys = await generateKeyPair('ES256', { extractable: true });
  others = await generateKeyPair('ES256', { extractable: true });
  jwk = { ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' };
  writeFileSync(jwksFile, JSON.stringify({ keys: [jwk] }));
});
afterAll(() => rmSync(directory, { recursive: true }));
beforeEach(async () => {
  nowMs = NOW_S * 1_000;
  verifier = await TokenVerifier.create([config()], () => nowMs);
});

function claimsOf({ claims, without }: Shape): JWTPayload {
  const all = {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: 'ada',
    tenant: 'acme',
    roles: ['analyst'],
    exp: NOW_S + 600,
    ...claims,
  };
  return Object.fromEntries(Object.entries(all).filter(([name]) => !without?.includes(name)));
}

const sign = (shape: Shape = {}, key: Parameters<SignJWT['sign']>[0] = keys.privateKey): Promise<string> =>
  new SignJWT(claimsOf(shape))
    .setProtectedHeader({
      alg: shape.alg ?? 'ES256',
      typ: shape.typ ?? 'at+jwt',
      kid: shape.kid ?? 'k1',
      ...shape.header,
    })
    .sign(key);

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a sound token', () => {
  it('names its principal', async () => {
    expect(await verifier.verify(await sign())).toEqual({
      ok: true,
      value: { tenantId: 'acme', userId: 'ada', roles: ['analyst'], mode: 'standard' },
    });
    expect(await verifier.verify(await sign({ claims: { mode: 'batch' }, without: ['roles'] }))).toMatchObject({
      value: { roles: [], mode: 'batch' },
    });
  });

  it('may name its claims otherwise', async () => {
    const claims = { tenant: 'org', roles: 'groups', mode: 'lane' };
    const other = await TokenVerifier.create([{ ...config(), claims }], () => nowMs);
    const token = await sign({ claims: { org: 'globex', groups: ['x'], lane: 'fast' } });
    expect(await other.verify(token)).toMatchObject({ value: { tenantId: 'globex', roles: ['x'], mode: 'fast' } });
    const malformed = await sign({ claims: { org: 'globex', groups: ['x', 1] } });
    expect(await other.verify(malformed)).toEqual({ ok: false, error: 'claim groups.1 is missing or malformed' });
  });

  it('is one to its last second, and not a second longer', async () => {
    expect(await verifier.verify(await sign({ claims: { exp: NOW_S + 1 } }))).toMatchObject({ ok: true });
    expect(await verifier.verify(await sign({ claims: { exp: NOW_S } }))).toMatchObject({ ok: false });
  });
});

describe('a token is refused', () => {
  it.each<[string, Shape, string]>([
    ['another audience', { claims: { aud: 'other' } }, 'claim aud is not acceptable'],
    ['an unknown issuer', { claims: { iss: 'https://evil.example' } }, 'the issuer is not known here'],
    ['no issuer', { without: ['iss'] }, 'the issuer is not known here'],
    ['another type', { typ: 'JWT' }, 'claim typ is not acceptable'],
    ['an id token', { typ: 'id+jwt' }, 'claim typ is not acceptable'],
    ['it has expired', { claims: { exp: NOW_S - 6 } }, 'the token has expired'],
    ['it has no expiry', { without: ['exp'] }, 'claim exp is not acceptable'],
    ['it is not valid yet', { claims: { nbf: NOW_S + 6 } }, 'claim nbf is not acceptable'],
    ['it names no subject', { without: ['sub'] }, 'claim sub is not acceptable'],
    ['it names no tenant', { without: ['tenant'] }, 'claim tenant is missing or malformed'],
    ['its tenant is no name', { claims: { tenant: '../acme' } }, 'claim tenant is missing or malformed'],
    ['its tenant is a list', { claims: { tenant: ['acme'] } }, 'claim tenant is missing or malformed'],
    ['its subject is no name', { claims: { sub: 'a b' } }, 'claim sub is missing or malformed'],
    ['its roles are no list', { claims: { roles: 'admin' } }, 'claim roles is missing or malformed'],
    ['an unknown key', { kid: 'k2' }, 'the token cannot be verified'],
  ])('%s', async (_name, shape, reason) => {
    expect(await verifier.verify(await sign(shape))).toEqual({ ok: false, error: reason });
  });

  it('it is signed by another key under a known name', async () => {
    expect(await verifier.verify(await sign({}, others.privateKey))).toMatchObject({ ok: false });
  });

  it('it is signed by a key that it brings along itself, in whatever header', async () => {
    const foreign = { ...(await exportJWK(others.publicKey)), kid: 'k1', alg: 'ES256' };
    let fetches = 0;
    const attackers = createServer((_request, response) => {
      fetches += 1;
      response.end(JSON.stringify({ keys: [foreign] }));
    });
    await new Promise<void>((resolve) => void attackers.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(attackers.address() as AddressInfo).port}/jwks`;
    for (const header of [{ jku: url }, { x5u: url }, { jwk: foreign }])
      for (const kid of ['k1', 'k2'])
        expect(await verifier.verify(await sign({ kid, header }, others.privateKey))).toEqual({
          ok: false,
          error: 'the token cannot be verified',
        });
    // nor does such a header spoil a token of the issuer's own
    expect(await verifier.verify(await sign({ header: { jku: url, x5u: url, jwk: foreign } }))).toMatchObject({
      ok: true,
    });
    expect(fetches).toBe(0);
    await new Promise((resolve) => void attackers.close(resolve));
  });

  it('it is signed by nobody', async () => {
    for (const alg of ['none', 'None', 'NONE']) {
      const token = `${part({ alg, typ: 'at+jwt', kid: 'k1' })}.${part(claimsOf({}))}.`;
      expect(await verifier.verify(token)).toMatchObject({ ok: false });
    }
  });

  it('it is signed with the public key as a shared secret', async () => {
    for (const secret of [await exportSPKI(keys.publicKey), JSON.stringify(jwk)]) {
      const token = await sign({ alg: 'HS256' }, new TextEncoder().encode(secret));
      expect(await verifier.verify(token)).toEqual({ ok: false, error: 'the signature algorithm is not allowed' });
    }
  });

  it('any part of it was changed', async () => {
    const [header, , signature] = (await sign()).split('.');
    const forged = part(claimsOf({ claims: { tenant: 'globex' } }));
    expect(await verifier.verify(`${header}.${forged}.${signature}`)).toMatchObject({ ok: false });
  });

  it.each(['', 'abc', 'a.b.c', `${'x'.repeat(9_000)}`])('it is none: %.10j', async (token) => {
    expect(await verifier.verify(token)).toMatchObject({ ok: false });
  });
});

describe('a verified token is remembered', () => {
  it('for a minute at most', async () => {
    const token = await sign();
    expect(verifier.recall(token)).toBeUndefined();
    await verifier.verify(token);
    nowMs += 59_999;
    expect(verifier.recall(token)).toMatchObject({ userId: 'ada' });
    nowMs += 1;
    expect(verifier.recall(token)).toBeUndefined();
  });

  it('never past its expiry', async () => {
    const token = await sign({ claims: { exp: NOW_S + 10 } });
    await verifier.verify(token);
    nowMs += 9_999;
    expect(verifier.recall(token)).toBeDefined();
    nowMs += 1;
    expect(verifier.recall(token)).toBeUndefined();
    nowMs += 6_000;
    expect(await verifier.verify(token)).toEqual({ ok: false, error: 'the token has expired' });
  });

  it('not at all when it was refused', async () => {
    const token = await sign({ kid: 'k2' });
    await verifier.verify(token);
    expect(verifier.recall(token)).toBeUndefined();
  });

  it('with a principal that nobody can change', async () => {
    const token = await sign();
    await verifier.verify(token);
    const principal = verifier.recall(token);
    expect(() => ((principal as Principal).roles as string[]).push('admin')).toThrow(TypeError);
    expect(() => Object.assign(principal as object, { tenantId: 'globex' })).toThrow(TypeError);
  });
});

describe('the configuration of an issuer', () => {
  it('names exactly one source of keys and only asymmetric algorithms', () => {
    const base = { issuer: ISSUER, audience: AUDIENCE, algorithms: ['ES256'] };
    expect(IssuerConfig.safeParse(base).success).toBe(false);
    expect(IssuerConfig.safeParse({ ...base, jwksFile: 'a', jwksUri: 'https://b.example' }).success).toBe(false);
    expect(IssuerConfig.safeParse({ ...base, jwksFile: 'a', algorithms: ['HS256'] }).success).toBe(false);
    expect(IssuerConfig.safeParse({ ...base, jwksFile: 'a', algorithms: [] }).success).toBe(false);
  });
});

describe('published keys', () => {
  const day = { claims: { exp: NOW_S + 86_400 } };
  const unavailable = expect.objectContaining({ failure: expect.objectContaining({ code: 'issuer_unavailable' }) });
  let published: { status: number; keys: readonly JWK[] };
  let fetches: number;
  let server: Server;
  let remote: TokenVerifier;

  beforeEach(async () => {
    published = { status: 200, keys: [jwk] };
    fetches = 0;
    server = createServer((_request, response) => {
      fetches += 1;
      response.writeHead(published.status, { 'content-type': 'application/json', connection: 'close' });
      response.end(JSON.stringify({ keys: published.keys }));
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const jwksUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
    const issuer = IssuerConfig.parse({ ...config(), jwksFile: undefined, jwksUri });
    remote = await TokenVerifier.create([issuer], () => nowMs);
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => void server.close(resolve));
  });

  it('are fetched once, and again after ten minutes, so that a withdrawn one ends', async () => {
    const token = await sign(day);
    const [first, second] = await Promise.all([remote.verify(token), remote.verify(token)]);
    expect([first.ok, second.ok, fetches]).toEqual([true, true, 1]);
    published = { status: 200, keys: [{ ...jwk, kid: 'k9' }] };
    nowMs += 599_999;
    expect(await remote.verify(token)).toMatchObject({ ok: true });
    nowMs += 1;
    expect(await remote.verify(await sign(day))).toEqual({ ok: false, error: 'the token cannot be verified' });
  });

  it('count for an hour while the issuer is away; then its tokens cannot be judged, which is not their fault', async () => {
    const token = await sign(day);
    await remote.verify(token);
    published = { status: 500, keys: [] };
    nowMs += 59 * 60_000;
    expect(await remote.verify(token)).toMatchObject({ ok: true });
    nowMs += 60_000;
    await expect(remote.verify(token)).rejects.toEqual(unavailable);
    published = { status: 200, keys: [jwk] };
    expect(await remote.verify(token)).toMatchObject({ ok: true });
  });

  it('that nobody has had yet are waited for, not taken for wrong tokens', async () => {
    published = { status: 200, keys: 'none' as never };
    await expect(remote.verify(await sign(day))).rejects.toEqual(unavailable);
    server.closeAllConnections();
    await new Promise((resolve) => void server.close(resolve));
    await expect(remote.verify(await sign(day))).rejects.toEqual(unavailable);
    expect(await remote.verify('abc')).toMatchObject({ ok: false });
  });

  it('do not excuse a token that names none of them', async () => {
    expect(await remote.verify(await sign({ kid: 'k2' }))).toEqual({
      ok: false,
      error: 'the token cannot be verified',
    });
  });
});
