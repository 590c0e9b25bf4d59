// How long a killed Runtime takes from its start until it holds every partition again, against the length of the log.
import { rm } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { ENGINES, startEngine } from './engines.mjs';
import { allHeld } from './holding.mjs';
import { measureOnce } from './measure.mjs';
import { ageMs, cpuSeconds, start } from './processes.mjs';
import { startIntendant } from './targets.mjs';

const RESTARTS = 3;

/** For each engine, or the one named: median of some restarts at each of these numbers of executions. */
export async function recovery(lengths, wal) {
  const report = {};
  for (const name of wal === undefined ? ENGINES.slice(0, 2) : [wal]) report[name] = await recoveryOf(name, lengths);
  return report;
}

async function recoveryOf(wal, lengths) {
  const { child: load } = await start('load-process.mjs');
  const engine = await startEngine(wal);
  const intendant = await startIntendant(undefined, { engine });
  const { directory } = intendant;
  const samples = [];
  let running = intendant;
  try {
    let executions = 0;
    for (const length of lengths) {
      await measureOnce(load, running, { concurrency: 64, count: length - executions });
      executions = length;
      const restarts = [];
      for (let round = 0; round < RESTARTS; round += 1) restarts.push(await killed(running));
      const heldMs = restarts.map((one) => one.heldMs).sort((a, b) => a - b);
      const sample = { executions, restarts, heldMs: heldMs[Math.floor(RESTARTS / 2)] };
      samples.push(sample);
      const all = restarts.map(
        (one) => `${one.readyMs.toFixed(0)} / ${one.heldMs.toFixed(0)} / ${one.cpuMs.toFixed(0)}`,
      );
      console.log(
        `${wal}, ${executions} executions: ready / all held / CPU ms ${all.join(', ')}; load average ${loadavg()[0].toFixed(1)}`,
      );
      if (wal !== 'sqlite') {
        await running.stop({ keep: true });
        await rm(join(directory, 'log'), { recursive: true });
        running = await startIntendant(directory, { engine });
        sample.copyReadAnewMs = running.runtimeHeldMs;
        console.log(
          `${wal}, ${executions} executions: held with its copy lost after ${sample.copyReadAnewMs.toFixed(0)} ms`,
        );
      }
    }
  } finally {
    await running.stop();
    await engine.stop();
    load.disconnect();
  }
  return samples;
}

/** Kills the Runtime under no load; ages of its successor when that was ready and when it held every partition, and its CPU time until then. */
async function killed({ lab, urls }) {
  const { pid } = lab.processes.find(({ name }) => name === 'runtime');
  const back = lab.restartOf('runtime', pid);
  process.kill(pid, 'SIGKILL');
  const next = await back;
  const readyMs = ageMs(next);
  await allHeld(urls);
  return { readyMs, heldMs: ageMs(next), cpuMs: cpuSeconds(next) * 1_000 };
}
