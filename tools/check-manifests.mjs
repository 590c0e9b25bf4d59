// Builds every overlay and every component below k8s and checks what comes out: against the schemas of Kubernetes, with a linter of
// policy, and against rules of our own. Then proves that each check bites, with the manifests in k8s/testing/bad.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { proveThatChecksBite } from './check-manifests-bad.mjs';
import { manifestTools } from './check-manifests-tools.mjs';
import { brokenRules } from './manifest-rules/rules.mjs';

const root = fileURLToPath(new URL('../k8s/', import.meta.url));

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
  rules: (file) =>
    brokenRules(readFileSync(file, 'utf8'))
      .map(({ text }) => text)
      .join('\n'),
};

let passed = 0;
let failed = 0;
function verdict(ok, name, text) {
  if (ok) passed += 1;
  else failed += 1;
  if (!ok) console.error(`FAIL ${name}\n${text}`);
}

/** What kustomize makes of a folder, in a file; undefined when it makes nothing. */
function build(name, folder) {
  const { ok, text, stdout } = run('kustomize', ['build', folder]);
  verdict(ok, `${name}: kustomize`, text);
  if (!ok) return undefined;
  const file = join(scratch, `${name}.yaml`);
  writeFileSync(file, stdout);
  return file;
}

function check(name, folder) {
  const file = build(name, folder);
  if (file === undefined) return;
  for (const [subject, problemsOf] of Object.entries(CHECKS)) {
    const problems = problemsOf(file);
    verdict(problems === '', `${name}: ${subject}`, problems);
  }
}

/** Components are nothing by themselves: each is added to the smallest overlay. */
function withComponent(component) {
  const folder = join(scratch, component);
  mkdirSync(folder);
  const path = (...parts) => relative(folder, join(root, ...parts));
  const kustomization = { resources: [path('overlays', 'sqlite')], components: [path('components', component)] };
  writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization));
  return folder;
}

for (const overlay of readdirSync(join(root, 'overlays'))) check(overlay, join(root, 'overlays', overlay));
for (const component of readdirSync(join(root, 'components'))) check(`with ${component}`, withComponent(component));
const good = join(scratch, 'trial.yaml');
proveThatChecksBite({ folder: join(root, 'testing', 'bad'), good, scratch, run, checks: CHECKS, verdict });

rmSync(scratch, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
