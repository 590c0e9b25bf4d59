import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = dirname(dirname(fileURLToPath(import.meta.url)));

/** Whether nothing was written to the program's sources, or those of what it is built from, since they were compiled. */
export function newestBuildIsCurrent() {
  try {
    return [...withReferences(project, new Set())].every(isCurrent);
  } catch {
    return false; // not built yet
  }
}

function withReferences(directory, found) {
  if (found.has(directory)) return found;
  found.add(directory);
  const { references = [] } = JSON.parse(readFileSync(join(directory, 'tsconfig.json'), 'utf8'));
  for (const { path } of references) withReferences(resolve(directory, path), found);
  return found;
}

function isCurrent(directory) {
  const builtAt = statSync(join(directory, 'dist', '.tsbuildinfo')).mtimeMs;
  const sources = readdirSync(join(directory, 'src'), { recursive: true })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
    .map((name) => join('src', name));
  return ['tsconfig.json', ...sources].every((name) => statSync(join(directory, name)).mtimeMs <= builtAt);
}
