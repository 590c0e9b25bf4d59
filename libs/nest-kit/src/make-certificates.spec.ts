import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from '@jest/globals';

const SCRIPT = fileURLToPath(new URL('../../../tools/make-certificates.sh', import.meta.url));

let scratch: string;
const at = (...parts: string[]): string => join(scratch, ...parts);
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'intendant-certificates-'));
  mkdirSync(at('bin'));
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

/** Runs the script; giving files away does what this line of shell does. */
function run(chown: string): number | null {
  writeFileSync(at('bin', 'chown'), `#!/bin/sh\n${chown}\n`, { mode: 0o755 });
  const env = { ...process.env, PATH: `${at('bin')}:${process.env['PATH']}`, OWNER: '10001:10001' };
  return spawnSync('sh', [SCRIPT, at('tls'), 'runtime', 'curator'], { env, stdio: 'ignore' }).status;
}
const given = (): string[] => readFileSync(at('given'), 'utf8').trim().split('\n');

it('a run that broke off is finished by the next, and what is whole is made no second time', () => {
  expect(run('exit 1')).not.toBe(0);
  expect(existsSync(at('tls', 'runtime', 'tls.crt'))).toBe(false);
  expect(run(`echo "$3" >> ${at('given')}`)).toBe(0);
  expect(given()).toEqual([at('tls', 'runtime'), at('tls', 'curator')]);
  const certificate = readFileSync(at('tls', 'runtime', 'tls.crt'));
  expect(readFileSync(at('tls', 'runtime', 'ca.crt'))).toEqual(readFileSync(at('tls', 'ca.crt')));
  expect(run('exit 1')).toBe(0);
  expect(readFileSync(at('tls', 'runtime', 'tls.crt'))).toEqual(certificate);
});
