#!/usr/bin/env node
// `npm run demo`: shows the running cluster at work. Plain JavaScript; builds what it uses when that is stale.
//   --golden     leaves out what differs from run to run, for comparison with demo*.golden.txt
//   --fail-at, --crash-at     a saga that is undone, one that survives a kill: see demo-options.mjs
import { buildStale } from '../../tools/build-stale.mjs';
import { demoOptions, USAGE } from './demo-options.mjs';

const options = demoOptions(process.argv.slice(2));
if (options.problem !== undefined) {
  process.stderr.write(`${options.problem}\n${USAGE}\n`);
  process.exit(2);
}
const exitCode = await buildStale(['libs/client', 'apps/lab', 'examples/insurance']);
if (exitCode !== 0) process.exit(exitCode);

const { runDemo } = await import('./run-demo.mjs');
process.exitCode = await runDemo({ ...options, env: process.env });
