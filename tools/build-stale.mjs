// Builds what is stale, and says so only when there is something to build.
//   node tools/build-stale.mjs [project directory…]     every project unless told
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const compiler = join(root, 'node_modules', '@typescript', 'native', 'bin', 'tsc');

/** With --verbose the compiler reports on each project; only what it found wrong is for the user. */
const REPORT = /^(\d{1,2}:\d{2}:\d{2}|\s+\* |\s*$)/;
const BUILDING = /Building project /;

/**
 * Resolves with the compiler's exit code; 0 means that everything is built.
 * @param {string[]} [projects] directories below the repository's root
 * @param {(text: string) => void} [say]
 */
export function buildStale(projects = [], say = (text) => process.stderr.write(`${text}\n`)) {
  if (!existsSync(compiler)) {
    say('Not installed yet: run `npm ci` first.');
    return Promise.resolve(1);
  }
  const startedAt = Date.now();
  let building = false;
  let rest = '';
  const onLine = (line) => {
    if (BUILDING.test(line) && !building) {
      building = true;
      say('Building what is stale …');
    } else if (!REPORT.test(line)) say(line);
  };
  return new Promise((done, failed) => {
    const args = [compiler, '--build', '--verbose', '--pretty', 'false', ...projects];
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split(/\r?\n/);
      rest = lines.pop();
      lines.forEach(onLine);
    });
    child.on('error', failed);
    child.on('close', (code) => {
      if (rest) onLine(rest);
      if (building && code === 0) say(`Built in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
      done(code ?? 1);
    });
  });
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exitCode = await buildStale(process.argv.slice(2));
}
