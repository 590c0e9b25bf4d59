// System packages, installed only where a machine is meant for tests.
import { spawnSync } from 'node:child_process';

/** Whether this machine is one for tests, on which they may install what they need. */
export const mayInstall = Boolean(process.env.CI) || process.env.INTENDANT_TEST_INSTALL === '1';

/** Debian's packages start their servers when they are installed; this file forbids it. */
const NO_SERVERS = `[ -e /usr/sbin/policy-rc.d ] || { printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d; }`;

/** Whether the program can be started. */
export const canRun = (program, ...args) => spawnSync(program, args, { stdio: 'ignore' }).error === undefined;

/** Installs the packages, or throws with one line that says how to. */
export function installPackages(what, packages) {
  const line = `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  if (!mayInstall)
    throw new Error(`${what} is not installed: ${line} (or set INTENDANT_TEST_INSTALL=1, and this does it)`);
  if (!canRun('apt-get', '--version')) throw new Error(`${what} is not installed, and there is no apt-get to do it`);
  const script = `${NO_SERVERS}\napt-get update -q && ${line}`;
  const shell = process.getuid() === 0 ? ['sh', '-c', script] : ['sudo', '-n', 'sh', '-c', script];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const result = spawnSync(shell[0], shell.slice(1), { env, encoding: 'utf8' });
  if (result.status !== 0)
    throw new Error(`${what} could not be installed: ${(result.stderr ?? '').trim().slice(-500)}`);
}
