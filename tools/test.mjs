// Builds what is stale, finds or starts a PostgreSQL, runs every test, and says what was counted and what was left out.
//   npm test [-- --no-e2e] [-- <jest arguments for the unit tests>]
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildStale } from './build-stale.mjs';
import { leftOutServers } from './services/for-tests.mjs';
import { s3 } from './services/s3.mjs';
import { postgresForTests } from './services/test-postgres.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');

/** @returns {Promise<{ passed: number, failed: number, ok: boolean }>} */
async function runJest(scratch, name, args, env) {
  const outputFile = join(scratch, `${name}.json`);
  const nodeArgs = [
    '--experimental-vm-modules',
    '--no-warnings',
    jest,
    '--json',
    `--outputFile=${outputFile}`,
    ...args,
  ];
  const code = await new Promise((resolve, reject) => {
    const child = spawn(process.execPath, nodeArgs, { cwd: root, env, stdio: 'inherit' });
    child.once('error', reject);
    child.once('close', resolve);
    // asked to end, this waits for jest and then stops the servers that it started
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  });
  const text = await readFile(outputFile, 'utf8').catch((cause) => {
    throw new Error(`the ${name} tests ended before they could report`, { cause });
  });
  const report = JSON.parse(text);
  const broken = report.numRuntimeErrorTestSuites;
  return { passed: report.numPassedTests, failed: report.numFailedTests + broken, ok: code === 0 };
}

/** Runs the tests and resolves with the counts. */
export async function test(args = []) {
  if ((await buildStale()) !== 0) return { passed: 0, failed: 1, ok: false };
  const leftOut = await leftOutServers();
  const scratch = await mkdtemp(join(tmpdir(), 'intendant-test-'));
  const postgres = await postgresForTests();
  console.log(`tests of the read model and the registries use ${postgres.name}`);
  const env = {
    ...process.env,
    INTENDANT_TEST_POSTGRES_URL: postgres.url,
    INTENDANT_TEST_S3_PROGRAM: s3.program,
    ...(postgres.superuserUrl === undefined ? {} : { INTENDANT_TEST_POSTGRES_SUPERUSER_URL: postgres.superuserUrl }),
  };
  const results = [];
  try {
    const unitArgs = args.filter((argument) => argument !== '--no-e2e');
    results.push(
      await runJest(
        scratch,
        'unit',
        ['--config', 'jest.root.config.mjs', '--maxWorkers=2', '--coverage', ...unitArgs],
        env,
      ),
    );
    if (!args.includes('--no-e2e'))
      results.push(await runJest(scratch, 'e2e', ['--config', 'jest.e2e.config.mjs', '--maxWorkers=2'], env));
  } finally {
    await postgres.stop();
    await rm(scratch, { recursive: true, force: true });
  }
  for (const line of leftOut) console.log(line);
  const sum = (pick) => results.reduce((total, one) => total + pick(one), 0);
  return { passed: sum((one) => one.passed), failed: sum((one) => one.failed), ok: results.every((one) => one.ok) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { passed, failed, ok } = await test(process.argv.slice(2));
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = ok ? 0 : 1;
}
