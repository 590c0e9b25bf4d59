// Floor and Intendant side by side, by steps and concurrency.
import { measureOnce, medianOf } from './measure.mjs';
import { start } from './processes.mjs';
import { startFloor, startIntendant } from './targets.mjs';

export async function compare({ rounds, roundMs, warmUpMs }, concurrencies) {
  const { child: load } = await start('load-process.mjs');
  const floor = await startFloor();
  const intendant = await startIntendant();
  const report = { floor: { steps1: {} }, intendant: { steps1: {} }, ratio: { steps1: {} } };
  try {
    for (const target of [floor, intendant]) await measureOnce(load, target, { concurrency: 16, durationMs: warmUpMs });
    for (const concurrency of concurrencies) {
      const results = { floor: [], intendant: [] };
      for (let round = 0; round < rounds; round += 1)
        for (const target of [floor, intendant])
          results[target.name].push(await measureOnce(load, target, { concurrency, durationMs: roundMs }));
      const [of, ours] = [medianOf(results.floor), medianOf(results.intendant)];
      report.floor.steps1[concurrency] = of;
      report.intendant.steps1[concurrency] = ours;
      report.ratio.steps1[concurrency] = {
        p50: ours.p50Ms / of.p50Ms,
        p90: ours.p90Ms / of.p90Ms,
        p99: ours.p99Ms / of.p99Ms,
        throughput: ours.perSecond / of.perSecond,
      };
      print(concurrency, of, ours, report.ratio.steps1[concurrency]);
    }
  } finally {
    await floor.stop();
    await intendant.stop();
    load.disconnect();
  }
  return report;
}

function print(concurrency, floor, intendant, ratio) {
  const line = (name, one) =>
    `  ${name.padEnd(10)} ${one.perSecond.toFixed(0).padStart(7)}/s  p50 ${one.p50Ms.toFixed(2)}  p90 ${one.p90Ms.toFixed(2)}  p99 ${one.p99Ms.toFixed(2)} ms  cpu ms/1000 ${cpu(one)}  rss ${rss(one)}`;
  console.log(`concurrency ${concurrency}`);
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
