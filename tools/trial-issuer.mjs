// A token issuer for trying the containers, whose Runtime refuses the lab's. Whoever has its folder has any identity.
//   node tools/trial-issuer.mjs keys <folder>       makes the keys and prints INTENDANT_ISSUERS and ISSUER_KEYS for .env
//   node tools/trial-issuer.mjs token <folder> <tenant> <user> [<role>...]       prints a token, valid for an hour
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { exportJWK, generateKeyPair, importJWK, SignJWT } from 'jose';

const ISSUER = 'https://trial.invalid';
const AUDIENCE = 'intendant';
/** Where compose.yaml puts the public keys. */
const KEYS_IN_CONTAINER = '/etc/intendant/issuer-keys.json';

async function makeKeys(folder) {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const key = { ...(await exportJWK(privateKey)), alg: 'EdDSA', use: 'sig', kid: 'trial' };
  const { d: _secret, ...publicKey } = key;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, 'key.json'), JSON.stringify(key), { mode: 0o600, flag: 'wx' });
  writeFileSync(join(folder, 'jwks.json'), JSON.stringify({ keys: [publicKey] }));
  const issuers = [{ issuer: ISSUER, audience: AUDIENCE, jwksFile: KEYS_IN_CONTAINER, algorithms: ['EdDSA'] }];
  console.log(`INTENDANT_ISSUERS='${JSON.stringify(issuers)}'\nISSUER_KEYS=${resolve(folder, 'jwks.json')}`);
}

async function printToken(folder, tenant, user, roles) {
  const key = JSON.parse(readFileSync(join(folder, 'key.json'), 'utf8'));
  const token = await new SignJWT({ tenant, roles, mode: 'standard' })
    .setProtectedHeader({ alg: 'EdDSA', kid: key.kid, typ: 'at+jwt' })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setSubject(user)
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(await importJWK(key, 'EdDSA'));
  console.log(token);
}

const [command, folder, tenant, user, ...roles] = process.argv.slice(2);
if (command === 'keys' && folder !== undefined) await makeKeys(folder);
else if (command === 'token' && user !== undefined) await printToken(folder, tenant, user, roles);
else {
  console.error('usage: trial-issuer.mjs keys <folder> | token <folder> <tenant> <user> [<role>...]');
  process.exitCode = 64;
}
