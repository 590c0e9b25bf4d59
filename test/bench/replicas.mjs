// Two replicas of the Runtime over one log in Kafka against one: throughput, and what an intent costs each process.
import { loadavg } from 'node:os';
import { startEngine } from './engines.mjs';
import { measureOnce, medianOf } from './measure.mjs';
import { start } from './processes.mjs';
import { startIntendant } from './targets.mjs';

const CONCURRENCY = 64;

/** With a key the partition is the key's, so half of the intents go on to the other replica; without one they stay. */
const WAYS = [
  { key: 'keyed', keyed: true },
  { key: 'unkeyed', keyed: false },
];

export async function replicas({ rounds, roundMs, warmUpMs }) {
  const { child: load } = await start('load-process.mjs');
  const engine = await startEngine('kafka');
  const one = await startIntendant(undefined, { engine, cluster: 'one' });
  const two = await startIntendant(undefined, { engine, cluster: 'two', replicas: 2 });
  const targets = { one, two };
  const report = {};
  try {
    for (const target of [one, two]) await measureOnce(load, target, { concurrency: 16, durationMs: warmUpMs });
    for (const { key, keyed } of WAYS) {
      const results = { one: [], two: [] };
      for (let round = 0; round < rounds; round += 1)
        for (const [name, target] of Object.entries(targets))
          results[name].push(await measureOnce(load, target, { concurrency: CONCURRENCY, durationMs: roundMs, keyed }));
      report[key] = { one: medianOf(results.one), two: medianOf(results.two) };
      print(key, report[key]);
    }
  } finally {
    await two.stop();
    await one.stop();
    await engine.stop();
    load.disconnect();
  }
  return report;
}

function print(way, results) {
  console.log(`${way} at ${CONCURRENCY}, load average ${loadavg()[0].toFixed(1)}`);
  for (const [name, one] of Object.entries(results)) {
    const cpu = Object.entries(one.cpuMsPerThousand).map(([process, ms]) => `${process} ${ms.toFixed(0)}`);
    console.log(
      `  ${name}: ${one.perSecond.toFixed(0)}/s  p50 ${one.p50Ms.toFixed(1)}  p99 ${one.p99Ms.toFixed(1)} ms  cpu ms/1000 ${cpu.join(', ')}`,
    );
  }
  console.log(`  two against one: ${((results.two.perSecond / results.one.perSecond) * 100).toFixed(0)} %`);
}
