import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Lab } from '@intendant/lab';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startCluster } from './cluster.js';

const inRepository = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

let lab: Lab;

beforeAll(async () => {
  lab = (await startCluster()).lab;
});
afterAll(async () => lab.destroy());

/** Exit code and standard output of the demo against the cluster. */
function demo(): Promise<{ code: number | null; output: string }> {
  const env = { ...process.env, INTENDANT_URL: lab.url, INTENDANT_DATA_DIR: lab.dataDir };
  const child = spawn(process.execPath, [inRepository('examples/demo/demo.mjs'), '--golden'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })));
}

describe('npm run demo', () => {
  it('does what it says, to the letter, as often as it is run', async () => {
    const golden = await readFile(inRepository('examples/demo/demo.golden.txt'), 'utf8');
    for (let run = 0; run < 2; run += 1) expect(await demo()).toEqual({ code: 0, output: golden });
  });

  it('is what the README shows', async () => {
    const golden = await readFile(inRepository('examples/demo/demo.golden.txt'), 'utf8');
    const readme = await readFile(inRepository('README.md'), 'utf8');
    const shown = /<!-- demo:begin -->\n+([\s\S]*?)\n+<!-- demo:end -->/.exec(readme)?.[1] ?? '';
    const text = shown.replaceAll(/^ {4}/gm, '').trimEnd();
    expect(text.length).toBeGreaterThan(500);
    expect(golden).toContain(text);
  });
});
