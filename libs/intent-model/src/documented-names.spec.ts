import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Made by tools or by programs that ran, or holding names that are made up on purpose. */
const LEFT_OUT = new Set(['node_modules', 'dist', 'coverage', 'fixtures', '__pycache__']);

function* filesBelow(path: string): Generator<string> {
  for (const entry of readdirSync(join(root, path), { withFileTypes: true })) {
    if (LEFT_OUT.has(entry.name) || entry.name.startsWith('.')) continue;
    if (entry.isDirectory()) yield* filesBelow(join(path, entry.name));
    else yield join(path, entry.name);
  }
}

const namesIn = (paths: Iterable<string>, name: RegExp): Set<string> =>
  new Set([...paths].flatMap((path) => readFileSync(join(root, path), 'utf8').match(name) ?? []));

const lacking = (names: Set<string>, others: Set<string>): string[] =>
  [...names].filter((name) => !others.has(name)).sort();

const WORKSPACES = ['apps', 'libs', 'examples'].flatMap((folder) => [...filesBelow(folder)]);
const PAGES = ['README.md', 'CONTRIBUTING.md', 'ARCHITECTURE.md', ...filesBelow('docs'), ...WORKSPACES].filter((path) =>
  path.endsWith('.md'),
);

const KNOWN = 'libs/nest-kit/src/known-variables.ts';

describe('variables', () => {
  /** Whole names only: `INTENDANT_ARCHIVE…` stands for several. */
  const VARIABLE = /INTENDANT_[A-Z0-9_]*[A-Z0-9](?![A-Z0-9_…])/g;
  const sources = [...WORKSPACES, ...filesBelow('test'), ...filesBelow('tools')].filter(
    (path) => /\.(ts|mjs|py)$/.test(path) && !path.endsWith('.spec.ts') && path !== KNOWN,
  );
  const read = namesIn([...sources, 'compose.yaml', 'Dockerfile'], VARIABLE);
  const documented = namesIn(PAGES, VARIABLE);

  it('that are read are documented', () => {
    expect(lacking(read, documented)).toEqual([]);
  });

  it('that are read are known to processes, which warn of all others', () => {
    const ofTests = /^INTENDANT_(TEST|BENCH)_/;
    expect([...namesIn([KNOWN], VARIABLE)].sort()).toEqual([...read].filter((name) => !ofTests.test(name)).sort());
  });

  it('that are documented are read', () => {
    expect(lacking(documented, read)).toEqual([]);
  });
});

describe('metrics', () => {
  const METRIC = /\bintendant_[a-z_]*[a-z]\b/g;
  const sources = ['runtime', 'smart-city', 'curator']
    .flatMap((process) => [...filesBelow(`apps/${process}/src`)])
    .filter((path) => !path.endsWith('.spec.ts'));
  const made = namesIn(sources, METRIC);
  const [, tables = ''] = readFileSync(join(root, 'docs/operations/observability.md'), 'utf8').split(/^## Metrics$/m);
  const rows = (tables.split(/^## /m)[0] ?? '').match(/^\| `intendant_.*?`(?= \|)/gm) ?? [];
  const listed = new Set(rows.flatMap((row) => row.match(METRIC) ?? []));
  /** The other names that begin so: roles of the database. */
  const roles = namesIn(['libs/read-model/src/roles.ts', 'apps/lab/src/postgres/cluster-creation.ts'], METRIC);

  it('that a process has are rows of docs/operations/observability.md, and no others', () => {
    expect([...listed].sort()).toEqual([...made].sort());
  });

  it('that other pages name are there', () => {
    expect(lacking(namesIn(PAGES, METRIC), new Set([...made, ...roles]))).toEqual([]);
  });
});
