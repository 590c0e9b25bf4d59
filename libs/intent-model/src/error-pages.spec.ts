import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { ERROR_CATALOGUE, type ErrorCode, Problem } from './problem.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const folder = join(root, 'docs', 'errors');
const codes = Object.keys(ERROR_CATALOGUE) as ErrorCode[];

/** Pages that are about no single code. */
const OVERVIEWS = ['README.md', 'step-errors.md'];

const pageOf = (code: string): string => readFileSync(join(folder, `${code}.md`), 'utf8');
const exampleOn = (page: string): unknown => JSON.parse(/^```json\n([\s\S]*?)^```$/m.exec(page)?.[1] ?? '');

describe('docs/errors', () => {
  it.each(codes)('explains %s: title, status, retry class, and between 8 and 25 lines', (code) => {
    const { status, retry } = ERROR_CATALOGUE[code];
    const page = pageOf(code);
    expect(page.split('\n')[0]).toBe(`# ${code}`);
    expect(page).toMatch(new RegExp(`Status ${status}, retry\\s+class \\[\`${retry}\`\\]`));
    for (const part of ['**What happened.**', '**How to fix.**', '**Common causes**']) expect(page).toContain(part);
    const lines = page.trimEnd().split('\n').length;
    expect(lines).toBeGreaterThanOrEqual(8);
    expect(lines).toBeLessThanOrEqual(25);
  });

  it.each(codes)('shows an example of %s with the members the code really has', (code) => {
    const example = exampleOn(pageOf(code)) as Record<string, unknown>;
    expect(example.code).toBe(code);
    // what is the outcome of a step has no problem document of its own
    if ('retryable' in example) return;
    expect(Problem.safeParse(example).success).toBe(true);
    const { status, retry, title } = ERROR_CATALOGUE[code];
    expect(example).toMatchObject({ type: `/docs/errors/${code}`, title, status, retry });
  });

  it('has no page for a code that does not exist', () => {
    const pages = readdirSync(folder).filter((name) => !OVERVIEWS.includes(name));
    expect(pages.sort()).toEqual(codes.map((code) => `${code}.md`).sort());
  });

  it('lists every code in the overview, with its status and retry class', () => {
    const overview = readFileSync(join(folder, 'README.md'), 'utf8');
    const rows = [...overview.matchAll(/^\| \[([a-z_]+)\]\(\1\.md\) \| (\d+) \| `([a-z_]+)` \|/gm)];
    const listed = rows.map(([, code, status, retry]) => ({ code, status: Number(status), retry }));
    expect(listed).toEqual(
      codes.map((code) => ({ code, status: ERROR_CATALOGUE[code].status, retry: ERROR_CATALOGUE[code].retry })),
    );
  });
});

const slugOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-');

const anchorsOf = (text: string): string[] =>
  [...text.matchAll(/^#{1,4} (.+)$/gm)].map(([, heading]) => slugOf(heading ?? ''));

describe('links between pages', () => {
  const pages = ['ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'GLOSSARY.md'].concat(
    ['docs', 'docs/adr', 'docs/errors', 'docs/operations'].flatMap((directory) =>
      readdirSync(join(root, directory))
        .filter((name) => name.endsWith('.md'))
        .map((name) => join(directory, name)),
    ),
  );

  it.each(pages)('%s links to files and headings that exist', (page) => {
    const text = readFileSync(join(root, page), 'utf8');
    const missing = [...text.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)]*))?\)/g)].flatMap(
      ([, target = '', anchor]) => {
        const path = target === '' ? join(root, page) : join(root, dirname(page), target);
        if (!existsSync(path)) return [target];
        if (anchor === undefined || anchorsOf(readFileSync(path, 'utf8')).includes(anchor)) return [];
        return [`${target}#${anchor}`];
      },
    );
    expect(missing).toEqual([]);
  });
});
