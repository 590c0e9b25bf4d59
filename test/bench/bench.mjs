// npm run bench -- --quick | --full | --soak | --sleepers [--json FILE]
//                  --wal sqlite|redis|kafka|kafka3       the log's engine against the floor on the same engine
//                  --reach                               the floor with what the design demands, and nothing else
//                  --million                             a million executions: memory, latency, restart
//                  --replicas | --takeover               several replicas of the Runtime over one log
//                  --recovery [--executions 10000,100000]
// Intendant's real processes against the floor, in one run, so that the result is a ratio and not a machine.
import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { buildStale } from '../../tools/build-stale.mjs';

const { values: args } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    soak: { type: 'boolean', default: false },
    sleepers: { type: 'boolean', default: false },
    reach: { type: 'boolean', default: false },
    million: { type: 'boolean', default: false },
    replicas: { type: 'boolean', default: false },
    recovery: { type: 'boolean', default: false },
    takeover: { type: 'boolean', default: false },
    wal: { type: 'string' },
    executions: { type: 'string', default: '10000,100000' },
    rounds: { type: 'string', default: '20' },
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
const profile = args.full ? PROFILES.full : PROFILES.quick;

/** What each switch measures; the first that is given counts, and the comparison with the floor without any. */
const MEASUREMENTS = {
  soak: async () => (await import('./soak.mjs')).soak(),
  sleepers: async () => (await import('./sleepers.mjs')).sleepers(),
  reach: async () => (await import('./reach.mjs')).reach(profile),
  million: async () => (await import('./million.mjs')).million(),
  replicas: async () => (await import('./replicas.mjs')).replicas(profile),
  recovery: async () => (await import('./recovery.mjs')).recovery(args.executions.split(',').map(Number), args.wal),
  takeover: async () => (await import('./takeover.mjs')).takeover(Number(args.rounds), args.wal),
};

async function byEngine() {
  const { compare, OF_AN_ENGINE } = await import('./compare.mjs');
  return args.wal === undefined
    ? compare(profile, CONCURRENCIES)
    : compare(profile, [1, 64], { wal: args.wal, shapes: OF_AN_ENGINE });
}

if (args.wal !== undefined) {
  const { ENGINES } = await import('./engines.mjs');
  if (!ENGINES.includes(args.wal)) throw new Error(`--wal takes ${ENGINES.join(', ')}`);
}
const report = { startedAt: new Date().toISOString(), node: process.version, loadAverage: loadavg() };
const asked = Object.keys(MEASUREMENTS).find((name) => args[name]);
if (asked === undefined) Object.assign(report, await byEngine());
else Object.assign(report, { [asked]: await MEASUREMENTS[asked]() });
if (args.full && asked === undefined && args.wal === undefined) {
  Object.assign(report, { sleepers: await MEASUREMENTS.sleepers() });
  Object.assign(report, { million: await MEASUREMENTS.million() });
}
if (args.json !== undefined) writeFileSync(args.json, `${JSON.stringify(report, null, 2)}\n`);
process.exit(0);
