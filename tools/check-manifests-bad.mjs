// Proves that each check of the manifests bites: what it must refuse is handed to it, with what it must say.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { documentsOf } from './manifest-rules/documents.mjs';
import { brokenRules, SAYINGS } from './manifest-rules/rules.mjs';

const expectationsOf = (text) => [...text.matchAll(/^# expect rules: (.+)$/gm)].map(([, expected]) => expected);

const textsOf = (manifests) => manifests.split(/^---\n/m);

/** A file by itself; it need not be bad in one way only. */
function proveByThemselves({ folder, run, checks, verdict }) {
  const bitten = new Set();
  for (const { name } of readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile())) {
    if (!name.endsWith('.yaml')) continue;
    const file = join(folder, name);
    const [, check, expected] = /^# expect (\w+): (.+)$/m.exec(readFileSync(file, 'utf8')) ?? [];
    const problems = checks[check]?.(file) ?? '';
    const bites = expected !== undefined && problems.includes(expected);
    if (bites) bitten.add(check);
    verdict(bites, `${name} should be refused by ${check} for "${expected}"`, problems || 'it was not');
  }
  const { text } = run('kustomize', ['build', join(folder, 'missing-resource')]);
  verdict(text.includes('no such file or directory'), 'missing-resource should be refused by kustomize', text);
  for (const check of Object.keys(checks).filter((name) => name !== 'rules'))
    verdict(bitten.has(check), check, 'has no bad manifest that proves that it bites');
}

/** Good manifests with a file added, or, where they have its object already, changed by it. */
function spoil({ good, name, text, scratch, run }) {
  const folder = join(scratch, 'spoilt', name);
  mkdirSync(folder, { recursive: true });
  const [{ where }] = documentsOf(text);
  const isThere = documentsOf(readFileSync(good, 'utf8')).some((document) => document.where === where);
  writeFileSync(join(folder, 'good.yaml'), readFileSync(good));
  writeFileSync(join(folder, 'bad.yaml'), text);
  const kustomization = isThere
    ? { resources: ['good.yaml'], patches: [{ path: 'bad.yaml' }] }
    : { resources: ['good.yaml', 'bad.yaml'] };
  writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization));
  return run('kustomize', ['build', folder]);
}

/** Good manifests that are spoilt break what is expected and nothing else, and would be taken by a cluster. */
function proveRules({ folder, good, scratch, run, checks, verdict }) {
  const bitten = new Set();
  const spoilt = [];
  const untouched = new Set(textsOf(readFileSync(good, 'utf8')));
  for (const name of readdirSync(folder)) {
    const text = readFileSync(join(folder, name), 'utf8');
    const { ok, stdout, text: output } = spoil({ good, name, text, scratch, run });
    verdict(ok, `${name}: kustomize`, output);
    if (!ok) continue;
    spoilt.push(...textsOf(stdout).filter((document) => !untouched.has(document)));
    const broken = brokenRules(stdout);
    for (const { says } of broken) bitten.add(says);
    const found = broken.map((rule) => rule.text);
    const expected = expectationsOf(text);
    const isExact = found.length > 0 && isDeepStrictEqual(new Set(found), new Set(expected));
    verdict(isExact, `${name} should break exactly\n  ${expected.join('\n  ')}\nand breaks`, `  ${found.join('\n  ')}`);
  }
  for (const says of SAYINGS) verdict(bitten.has(says), `"${says}"`, 'has no bad manifest that proves that it bites');
  const file = join(scratch, 'spoilt.yaml');
  writeFileSync(file, spoilt.join('---\n'));
  const problems = checks.schemas(file);
  verdict(problems === '', 'bad manifests that no cluster would take prove nothing', problems);
}

/**
 * @param {{ folder: string, good: string, scratch: string, run: Function, checks: Record<string, (file: string) => string>,
 *   verdict: (ok: boolean, name: string, text: string) => void }} given
 */
export function proveThatChecksBite(given) {
  proveByThemselves(given);
  proveRules({ ...given, folder: join(given.folder, 'rules') });
}
