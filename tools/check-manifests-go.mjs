// A Go that can build what the manifests are checked with: the one on the machine, or one fetched as a Go module.
import { spawnSync } from 'node:child_process';
import { chmodSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** From this on, Go fetches by itself the newer version that a program asks for. */
const MINOR_MIN = 21;
/** Fetched with a Go that is too old to do so by itself, as Debian's is. */
const TOOLCHAIN = `golang.org/toolchain@v0.0.1-go1.24.4.linux-${process.arch === 'arm64' ? 'arm64' : 'amd64'}`;
const APT_GET = '/usr/bin/apt-get';
const DEBIAN = { package: 'golang-1.19-go', go: '/usr/lib/go-1.19/bin/go' };

/** The command of a Go that is new enough; installs Debian's with apt-get when there is none. Throws when it cannot. */
export function goCommand() {
  const minor = minorOf('go');
  if (minor >= MINOR_MIN) return 'go';
  const old = minor > 0 ? 'go' : debianGo();
  const { status, stdout, stderr } = spawnSync(old, ['mod', 'download', '-json', TOOLCHAIN], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`no Go of at least 1.${MINOR_MIN}, and none to be fetched: ${stdout}${stderr}`);
  const directory = JSON.parse(stdout).Dir;
  makeRunnable(directory);
  return join(directory, 'bin', 'go');
}

/** Of Go 1.x; 0 when there is no such command. */
function minorOf(command) {
  const { stdout } = spawnSync(command, ['version'], { encoding: 'utf8' });
  return Number(/ go1\.(\d+)/.exec(stdout ?? '')?.[1] ?? 0);
}

function debianGo() {
  if (minorOf(DEBIAN.go) > 0) return DEBIAN.go;
  for (const args of [
    ['update', '-qq'],
    ['install', '-y', '-qq', '--no-install-recommends', DEBIAN.package],
  ]) {
    const { status } = spawnSync(APT_GET, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    if (status !== 0) throw new Error(`there is no Go, and ${APT_GET} ${args[0]} did not succeed`);
  }
  return DEBIAN.go;
}

/** Modules are unpacked without the permission to run what is in them. */
function makeRunnable(directory) {
  for (const folder of ['bin', 'pkg/tool'])
    for (const entry of readdirSync(join(directory, folder), { recursive: true, withFileTypes: true }))
      if (entry.isFile()) chmodSync(join(entry.parentPath, entry.name), 0o755);
}
