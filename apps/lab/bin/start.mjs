#!/usr/bin/env node
// What `npm start` runs: checks Node, builds what is stale, starts the lab. Plain JavaScript, so that it runs before any build.
const LEAST = [20, 19];

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < LEAST[0] || (major === LEAST[0] && minor < LEAST[1])) {
  console.error(`Intendant needs Node ${LEAST.join('.')} or later; this is ${process.version}. See https://nodejs.org`);
  process.exit(1);
}

const { buildStale } = await import('../../../tools/build-stale.mjs');
const exitCode = await buildStale();
if (exitCode !== 0) process.exit(exitCode);

await import('../dist/main.js');
