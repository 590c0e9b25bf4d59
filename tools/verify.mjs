// Everything that has to hold: format, lint, types, boundaries, dead code, tests. CI runs exactly this.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from './test.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = (name) => join(root, 'node_modules', '.bin', name);

/** @type {readonly [name: string, command: string, args: readonly string[]][]} */
const GATES = [
  ['format', bin('biome'), ['check', '--formatter-enabled=true', '--linter-enabled=true', '.']],
  ['types', bin('tsc'), ['-b']],
  ['types of tests', bin('tsc'), ['-p', 'tsconfig.tests.json']],
  ['lint', bin('oxlint'), ['--type-aware', '--deny-warnings']],
  ['boundaries', bin('depcruise'), ['libs', 'apps', 'examples', '--config', '.dependency-cruiser.mjs']],
  ['boundary rules', process.execPath, ['tools/check-boundary-rules.mjs']],
  ['dead code', bin('knip'), ['--no-config-hints']],
  ['manifests', process.execPath, ['tools/check-manifests.mjs']],
];

let passed = 0;
let failed = 0;
for (const [name, command, args] of GATES) {
  const startedAt = Date.now();
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  console.log(`${status === 0 ? 'ok  ' : 'FAIL'} ${name} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`);
  if (status === 0) passed += 1;
  else failed += 1;
}
const tests = await test();
const ok = failed === 0 && tests.ok;
console.log(`${passed + tests.passed} passed, ${failed + tests.failed} failed`);
process.exitCode = ok ? 0 : 1;
