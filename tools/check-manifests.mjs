// Builds every overlay below k8s and checks what comes out: against the schemas of Kubernetes, with a linter of policy, and
// against rules of our own. Then proves that each check bites, with the manifests in k8s/testing/bad.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brokenRules } from './check-manifests-rules.mjs';
import { manifestTools } from './check-manifests-tools.mjs';

const root = fileURLToPath(new URL('../k8s/', import.meta.url));
const bad = join(root, 'testing', 'bad');

/** The newest of the schemas that kubectl-validate brings with it; any other it would ask the network for. */
const KUBERNETES = '1.30';

/** Tests of the linter that do not hold here, each with its reason. Single objects say theirs in an annotation. */
const IGNORED = [
  // Tags are versions that never change, and a pod must start again while the registry of images is away.
  'container-image-pull-policy',
];
/** Tests of the linter that are off by default. */
const ADDED = ['container-seccomp-profile', 'container-ports-check'];

const tools = manifestTools();
if (typeof tools === 'string') {
  console.log(`manifests not checked: ${tools}`);
  process.exit(0);
}
const scratch = mkdtempSync(join(tmpdir(), 'intendant-manifests-'));

/** Without the user's cluster: nothing here may ask one. */
function run(name, args) {
  const { status, stdout, stderr, error } = spawnSync(tools[name], args, {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: scratch, KUBECONFIG: '/dev/null' },
  });
  if (error !== undefined) throw error;
  return { ok: status === 0, text: `${stdout}${stderr}`, stdout };
}

/** Each takes a file of manifests and returns what it has against them; an empty text means nothing. */
const CHECKS = {
  schemas: (file) => {
    const { ok, text } = run('kubectl-validate', ['--version', KUBERNETES, file]);
    return ok ? '' : text;
  },
  policy: (file) => {
    const ignored = IGNORED.flatMap((test) => ['--ignore-test', test]);
    const added = ADDED.flatMap((test) => ['--enable-optional-test', test]);
    const args = ['score', '--output-format', 'ci', '--exit-one-on-warning', ...ignored, ...added, file];
    const { ok, text } = run('kube-score', args);
    return ok ? '' : text.replaceAll(/^\[(?:OK|SKIPPED)\].*\n/gm, '');
  },
  rules: (file) => brokenRules(readFileSync(file, 'utf8')).join('\n'),
};

let passed = 0;
let failed = 0;
function verdict(ok, name, text) {
  if (ok) passed += 1;
  else failed += 1;
  if (!ok) console.error(`FAIL ${name}\n${text}`);
}

for (const overlay of readdirSync(join(root, 'overlays'))) {
  const built = run('kustomize', ['build', join(root, 'overlays', overlay)]);
  verdict(built.ok, `${overlay}: kustomize`, built.text);
  if (!built.ok) continue;
  const file = join(scratch, `${overlay}.yaml`);
  writeFileSync(file, built.stdout);
  for (const [check, problemsOf] of Object.entries(CHECKS)) {
    const problems = problemsOf(file);
    verdict(problems === '', `${overlay}: ${check}`, problems);
  }
}

const bitten = new Set();
for (const name of readdirSync(bad).filter((entry) => entry !== 'README.md')) {
  const isFolder = !name.endsWith('.yaml');
  const file = isFolder ? join(bad, name, 'kustomization.yaml') : join(bad, name);
  const [, check, expected] = /^# expect (\w+): (.+)$/m.exec(readFileSync(file, 'utf8').split('\n', 1)[0]) ?? [];
  const problems = isFolder ? run('kustomize', ['build', join(bad, name)]).text : (CHECKS[check]?.(file) ?? '');
  const bites = expected !== undefined && problems.includes(expected);
  if (bites) bitten.add(check);
  verdict(bites, `${name} should be refused by ${check} for "${expected}"`, problems || 'it was not');
}
for (const check of ['kustomize', ...Object.keys(CHECKS)])
  verdict(bitten.has(check), check, 'has no bad manifest that proves that it bites');

rmSync(scratch, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
