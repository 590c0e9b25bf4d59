import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { TenantSystems } from './tenant-systems.js';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tenant-systems-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const modeOf = (path: string) => statSync(path).mode & 0o777;

it('keeps the policies of a tenant from other users of the machine, also where a directory was open to them', () => {
  const open = join(directory, 'open');
  mkdirSync(open, { mode: 0o755 });
  for (const place of [join(directory, 'insurance', 't_one'), open]) {
    new TenantSystems(place).close();
    expect(modeOf(place)).toBe(0o700);
  }
  expect(modeOf(join(directory, 'insurance'))).toBe(0o700);
});
