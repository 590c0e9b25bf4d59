// Programs built once from their pinned sources by Go and kept outside the repository.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { goCommand } from './check-manifests-go.mjs';

const cache = process.env.INTENDANT_TOOLS_DIR || join(homedir(), '.cache', 'intendant', 'tools');

/** A folder per version, so that raising one installs it. */
const folderOf = (name, version) => join(cache, `${name}-${version}`);
export const programOf = (name, { version }) => join(folderOf(name, version), name);

/** Names of those that are not built yet; `sources` are module and version by name. */
export const missingPrograms = (sources) =>
  Object.keys(sources).filter((name) => !existsSync(programOf(name, sources[name])));

/** Builds what is missing. */
export function buildPrograms(sources) {
  const missing = missingPrograms(sources);
  if (missing.length === 0) return;
  const go = goCommand();
  for (const name of missing) install(go, name, sources[name]);
}

function install(go, name, { module, version }) {
  const folder = folderOf(name, version);
  const startedAt = Date.now();
  mkdirSync(folder, { recursive: true });
  const env = { ...process.env, GOBIN: folder, GOFLAGS: '-buildvcs=false', GOTOOLCHAIN: 'auto' };
  const args = ['install', '-ldflags=-s -w', `${module}@${version}`];
  const { status, stderr, error } = spawnSync(go, args, { env, encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${name} was not installed: go install ended with ${status}\n${stderr}`);
  console.log(`installed ${name} ${version} (${((Date.now() - startedAt) / 1000).toFixed(0)} s)`);
}
