import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Principal } from '@intendant/intent-model';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import { readIfPresent, readJsonIfWhole, writePrivately } from '../private-files.js';
import { Refusal } from '../refusals.js';

export const LAB_ISSUER = 'https://lab.intendant.invalid';
export const LAB_AUDIENCE = 'intendant';
export const TOKEN_TTL_SECONDS = 12 * 60 * 60;

const privateKeyFile = (dataDir: string): string => join(dataDir, 'keys', 'lab-issuer.jwk');
export const publicKeysFile = (dataDir: string): string => join(dataDir, 'keys', 'jwks.json');

/** Makes the issuer's key pair at the first start, and the public half again whenever it is missing or another's. */
export async function ensureLabIssuer(dataDir: string): Promise<void> {
  let privateKey = readJsonIfWhole<JWK>(privateKeyFile(dataDir));
  if (!privateKey) {
    const pair = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
    const jwk = await exportJWK(pair.privateKey);
    privateKey = { ...jwk, alg: 'EdDSA', use: 'sig', kid: await calculateJwkThumbprint(jwk) };
    writePrivately(privateKeyFile(dataDir), JSON.stringify(privateKey));
  }
  const { d: _secret, ...publicKey } = privateKey;
  const published = JSON.stringify({ keys: [publicKey] });
  if (readIfPresent(publicKeysFile(dataDir)) !== published) writePrivately(publicKeysFile(dataDir), published);
}

export interface LabTokenRequest {
  dataDir: string;
  tenantId: string;
  userId: string;
  roles: readonly string[];
  /** Execution mode the token allows; `standard` unless told. */
  mode?: string;
  ttlSeconds?: number;
}

/** A token the lab's Runtime accepts, signed with the key in the data directory. */
export async function issueLabToken(request: LabTokenRequest): Promise<string> {
  const { dataDir, tenantId, userId, roles, mode = 'standard', ttlSeconds = TOKEN_TTL_SECONDS } = request;
  const principal = Principal.safeParse({ tenantId, userId, roles, mode });
  if (!principal.success) {
    const problems = principal.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
    throw new Refusal(`No token: ${problems.join('; ')}`);
  }
  if (!Number.isSafeInteger(ttlSeconds) || ttlSeconds < 1) throw new Refusal('No token: ttlSeconds must be 1 or more');
  const key = readJsonIfWhole<JWK>(privateKeyFile(dataDir));
  if (!key?.kid) {
    throw new Refusal(
      `No lab issuer in ${dataDir}: run \`npm start\` first, or set INTENDANT_DATA_DIR to where it ran.`,
    );
  }
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ tenant: tenantId, roles: [...roles], mode })
    .setProtectedHeader({ alg: 'EdDSA', kid: key.kid, typ: 'at+jwt' })
    .setIssuer(LAB_ISSUER)
    .setAudience(LAB_AUDIENCE)
    .setSubject(userId)
    .setIssuedAt(now)
    .setNotBefore(now)
    .setExpirationTime(now + ttlSeconds)
    .setJti(randomUUID())
    .sign(await importJWK(key, 'EdDSA'));
}
