import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Lab } from '@intendant/lab';

const inRepository = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

export interface DemoRun {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** What `npm run demo` prints against a cluster, and how it ends. */
export function demo(lab: Lab, ...flags: readonly string[]): Promise<DemoRun> {
  const env = { ...process.env, INTENDANT_URL: lab.url, INTENDANT_DATA_DIR: lab.dataDir };
  const args = [inRepository('examples/demo/demo.mjs'), '--golden', ...flags];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output, errors })));
}

/** A golden text of the demo. */
export const demoText = (name: string): Promise<string> => readFile(inRepository(`examples/demo/${name}`), 'utf8');

/** What the README shows between the marks of this name, without its indentation. */
export async function shownInReadme(name: string): Promise<string> {
  const readme = await readFile(inRepository('README.md'), 'utf8');
  const marked = new RegExp(`<!-- ${name}:begin -->\\n+([\\s\\S]*?)\\n+<!-- ${name}:end -->`).exec(readme);
  return (marked?.[1] ?? '').replaceAll(/^ {4}/gm, '').trimEnd();
}
