import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { labToken } from './credentials.js';
import { UsageError } from './usage-error.js';

let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'intendant-lab-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

describe('a token of the lab', () => {
  const request = () => ({ dataDir, tenantId: 't_showcase', userId: 'ada', roles: ['analyst'] });
  const asUser = process.getuid?.() === 0 ? it.skip : it;

  it('is not to be had where no lab was', async () => {
    await expect(labToken(request())).rejects.toThrow(UsageError);
  });

  asUser('says who may read the key of a lab that belongs to somebody else', async () => {
    mkdirSync(join(dataDir, 'keys'));
    const key = join(dataDir, 'keys', 'lab-issuer.jwk');
    writeFileSync(key, '{}');
    chmodSync(key, 0o000);
    await expect(labToken(request())).rejects.toThrow(UsageError);
    await expect(labToken(request())).rejects.toThrow(/readable only to the user who ran `npm start`/);
  });
});
