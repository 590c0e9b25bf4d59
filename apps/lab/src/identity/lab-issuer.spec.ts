import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { newDirectory, remove } from '../../fixtures/launcher-process.mjs';
import { ensureLabIssuer, issueLabToken, LAB_AUDIENCE, LAB_ISSUER, publicKeysFile } from './lab-issuer.js';

let dataDir: string;
beforeEach(() => {
  dataDir = newDirectory();
});
afterEach(() => remove(dataDir));

const analyst = () => ({ dataDir, tenantId: 't_showcase', userId: 'analyst', roles: ['analyst'] });

describe('the lab issuer', () => {
  it('signs tokens its published key verifies, with every claim the Runtime reads', async () => {
    await ensureLabIssuer(dataDir);
    const keys = createLocalJWKSet(JSON.parse(readFileSync(publicKeysFile(dataDir), 'utf8')));
    const { payload, protectedHeader } = await jwtVerify(await issueLabToken(analyst()), keys, {
      issuer: LAB_ISSUER,
      audience: LAB_AUDIENCE,
      algorithms: ['EdDSA'],
      typ: 'at+jwt',
    });
    expect(protectedHeader.kid).toEqual(expect.any(String));
    expect(payload).toMatchObject({ sub: 'analyst', tenant: 't_showcase', roles: ['analyst'], mode: 'standard' });
    expect(payload.jti).toEqual(expect.any(String));
    expect(payload.nbf).toBe(payload.iat);
    expect((payload.exp as number) - (payload.iat as number)).toBe(12 * 60 * 60);
  });

  it('keeps its key over restarts, for its owner only', async () => {
    await ensureLabIssuer(dataDir);
    const keyFile = join(dataDir, 'keys', 'lab-issuer.jwk');
    const key = readFileSync(keyFile, 'utf8');
    await ensureLabIssuer(dataDir);
    expect(readFileSync(keyFile, 'utf8')).toBe(key);
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    expect(readFileSync(publicKeysFile(dataDir), 'utf8')).not.toContain('"d"');
  });

  it('tells what to do when there is no key yet', async () => {
    await expect(issueLabToken(analyst())).rejects.toThrow('run `npm start` first');
  });

  it('refuses names the Runtime would refuse', async () => {
    await ensureLabIssuer(dataDir);
    await expect(issueLabToken({ ...analyst(), tenantId: 'a b' })).rejects.toThrow('tenantId');
    await expect(issueLabToken({ ...analyst(), ttlSeconds: 0 })).rejects.toThrow('ttlSeconds');
  });
});
