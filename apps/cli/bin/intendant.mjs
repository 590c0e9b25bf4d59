#!/usr/bin/env node
// `npx intendant`: checks Node, builds what is stale, runs the compiled program. Plain JavaScript, so that it runs before any build.
import { newestBuildIsCurrent } from './build-state.mjs';

const LEAST = [20, 19];
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < LEAST[0] || (major === LEAST[0] && minor < LEAST[1])) {
  console.error(`intendant needs Node ${LEAST.join('.')} or later; this is ${process.version}. See https://nodejs.org`);
  process.exit(1);
}

// INTENDANT_SKIP_BUILD=1: run what is built, as where the sources are not.
if (process.env.INTENDANT_SKIP_BUILD !== '1' && !newestBuildIsCurrent()) {
  const { buildStale } = await import('../../../tools/build-stale.mjs');
  const exitCode = await buildStale(['apps/cli'], (text) => {
    if (!text.startsWith('Built in')) process.stderr.write(`${text}\n`);
  });
  if (exitCode !== 0) process.exit(exitCode);
}

await import('../dist/main.js');
