// Floor and Intendant side by side, by steps and concurrency.
import { loadavg } from 'node:os';
import { startEngine } from './engines.mjs';
import { measureOnce, medianOf, ONE_STEP } from './measure.mjs';
import { start } from './processes.mjs';
import { startFloor, startIntendant } from './targets.mjs';

/** Sagas of the same calls and syncs as the floor: declared as plans, and one written as code. */
const SHAPES = [
  ONE_STEP,
  { key: 'steps5', intentType: 'bench.five', steps: 5 },
  { key: 'steps20', intentType: 'bench.twenty', steps: 20 },
  { key: 'coded5', intentType: 'bench.coded', steps: 5 },
];

/** What the engines of the log are told apart by. */
export const OF_AN_ENGINE = ['steps1', 'steps5'];

export async function compare({ rounds, roundMs, warmUpMs }, concurrencies, { wal = 'sqlite', shapes } = {}) {
  const { child: load } = await start('load-process.mjs');
  const engine = await startEngine(wal);
  const floor = await startFloor(engine);
  const intendant = await startIntendant(undefined, { engine });
  const report = { wal, floor: {}, intendant: {}, ratio: {} };
  try {
    for (const target of [floor, intendant]) await measureOnce(load, target, { concurrency: 16, durationMs: warmUpMs });
    for (const shape of SHAPES.filter(({ key }) => shapes?.includes(key) ?? true)) {
      for (const part of [report.floor, report.intendant, report.ratio]) part[shape.key] = {};
      console.log(`${shape.key} (${shape.intentType}) on ${wal}, load average ${loadavg()[0].toFixed(1)}`);
      for (const concurrency of concurrencies) {
        const both = await alternate(load, [floor, intendant], { shape, concurrency, durationMs: roundMs }, rounds);
        const [of, ours] = [medianOf(both.floor), medianOf(both.intendant)];
        report.floor[shape.key][concurrency] = of;
        report.intendant[shape.key][concurrency] = ours;
        report.ratio[shape.key][concurrency] = ratioOf(ours, of);
        print(concurrency, of, ours, report.ratio[shape.key][concurrency]);
      }
    }
  } finally {
    await floor.stop();
    await intendant.stop();
    await engine.stop();
    load.disconnect();
  }
  return report;
}

/** Rounds of all targets in turn; results by their names. */
export async function alternate(load, targets, options, rounds) {
  const results = Object.fromEntries(targets.map(({ name }) => [name, []]));
  for (const target of targets) await measureOnce(load, target, { ...options, durationMs: 500 });
  for (let round = 0; round < rounds; round += 1)
    for (const target of targets) results[target.name].push(await measureOnce(load, target, options));
  return results;
}

const ratioOf = (ours, of) => ({
  p50: ours.p50Ms / of.p50Ms,
  p90: ours.p90Ms / of.p90Ms,
  p99: ours.p99Ms / of.p99Ms,
  throughput: ours.perSecond / of.perSecond,
});

function print(concurrency, floor, intendant, ratio) {
  const line = (name, one) =>
    `  ${name.padEnd(10)} ${one.perSecond.toFixed(0).padStart(7)}/s  p50 ${one.p50Ms.toFixed(2)}  p90 ${one.p90Ms.toFixed(2)}  p99 ${one.p99Ms.toFixed(2)} ms  cpu ms/1000 ${cpu(one)}  rss ${rss(one)}`;
  console.log(` concurrency ${concurrency}`);
  console.log(line('floor', floor));
  console.log(line('intendant', intendant));
  console.log(
    `  ratio      throughput ${(ratio.throughput * 100).toFixed(0)} %  p50 ${ratio.p50.toFixed(2)} ×  p99 ${ratio.p99.toFixed(2)} ×`,
  );
}

const cpu = (one) =>
  Object.entries(one.cpuMsPerThousand)
    .map(([name, ms]) => `${name} ${ms.toFixed(0)}`)
    .join(', ');
const rss = (one) =>
  Object.entries(one.rssMiB)
    .map(([name, mib]) => `${name} ${mib.toFixed(0)} MiB`)
    .join(', ');
