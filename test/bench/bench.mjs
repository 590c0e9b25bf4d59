// npm run bench -- --quick | --full | --soak | --sleepers [--json FILE]
// Intendant's real processes against the floor, in one run, so that the result is a ratio and not a machine.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { buildStale } from '../../tools/build-stale.mjs';

const { values: args } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    soak: { type: 'boolean', default: false },
    sleepers: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});

/** Rounds alternate between the two targets, so that what the machine does meanwhile hits both. */
const PROFILES = {
  quick: { rounds: 3, roundMs: 3_000, warmUpMs: 4_000 },
  full: { rounds: 5, roundMs: 10_000, warmUpMs: 10_000 },
};
const CONCURRENCIES = [1, 16, 64];

if ((await buildStale()) !== 0) process.exit(1);
const { compare } = await import('./compare.mjs');
const report = { startedAt: new Date().toISOString(), node: process.version };
if (args.soak) Object.assign(report, { soak: await (await import('./soak.mjs')).soak() });
else if (args.sleepers) Object.assign(report, { sleepers: await (await import('./sleepers.mjs')).sleepers() });
else Object.assign(report, await compare(args.full ? PROFILES.full : PROFILES.quick, CONCURRENCIES));
if (args.full) Object.assign(report, { sleepers: await (await import('./sleepers.mjs')).sleepers() });
if (args.full) Object.assign(report, { million: await (await import('./million.mjs')).million() });
if (args.json !== undefined) writeFileSync(args.json, `${JSON.stringify(report, null, 2)}\n`);
process.exit(0);
