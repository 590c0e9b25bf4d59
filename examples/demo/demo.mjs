#!/usr/bin/env node
// `npm run demo`: shows the running cluster at work. Plain JavaScript; builds the client and the token issuer when they are stale.
//   --golden   leaves out what differs from run to run, for comparison with demo.golden.txt
import { buildStale } from '../../tools/build-stale.mjs';

const exitCode = await buildStale(['libs/client', 'apps/lab']);
if (exitCode !== 0) process.exit(exitCode);

const { runDemo } = await import('./run-demo.mjs');
process.exitCode = await runDemo({ golden: process.argv.includes('--golden'), env: process.env });
