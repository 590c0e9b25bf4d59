// The programs that check the manifests, built once from their pinned sources by Go and kept outside the repository.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { goCommand } from './check-manifests-go.mjs';

const SOURCES = {
  kustomize: ['sigs.k8s.io/kustomize/kustomize/v5', 'v5.7.1'],
  'kubectl-validate': ['sigs.k8s.io/kubectl-validate', 'v0.0.4'],
  'kube-score': ['github.com/zegl/kube-score/cmd/kube-score', 'v1.20.0'],
};

const isOn = (variable) => !['', '0', 'false'].includes(process.env[variable] ?? '');
const cache = process.env.INTENDANT_TOOLS_DIR || join(homedir(), '.cache', 'intendant', 'tools');

/** A folder per version, so that raising one installs it. */
const folderOf = (name) => join(cache, `${name}-${SOURCES[name][1]}`);
const programOf = (name) => join(folderOf(name), name);

/**
 * Paths of the programs by name; installs those that are missing, on CI or with INTENDANT_TEST_INSTALL=1.
 * @returns {Record<string, string> | string} a string says why there are none
 */
export function manifestTools() {
  const missing = Object.keys(SOURCES).filter((name) => !existsSync(programOf(name)));
  if (missing.length > 0 && !isOn('CI') && !isOn('INTENDANT_TEST_INSTALL'))
    return `${missing.join(', ')} not installed (INTENDANT_TEST_INSTALL=1 installs with Go, about five minutes)`;
  if (missing.length > 0) {
    const go = goCommand();
    for (const name of missing) install(go, name);
  }
  return Object.fromEntries(Object.keys(SOURCES).map((name) => [name, programOf(name)]));
}

function install(go, name) {
  const [module, version] = SOURCES[name];
  const startedAt = Date.now();
  mkdirSync(folderOf(name), { recursive: true });
  const env = { ...process.env, GOBIN: folderOf(name), GOFLAGS: '-buildvcs=false', GOTOOLCHAIN: 'auto' };
  const args = ['install', '-ldflags=-s -w', `${module}@${version}`];
  const { status, stderr, error } = spawnSync(go, args, { env, encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${name} was not installed: go install ended with ${status}\n${stderr}`);
  console.log(`installed ${name} ${version} (${((Date.now() - startedAt) / 1000).toFixed(0)} s)`);
}
