// A million executions: does memory stay flat, does latency, and how long does a restart take with all of them in the log?
import { measureOnce } from './measure.mjs';
import { start } from './processes.mjs';
import { startIntendant } from './targets.mjs';

const TOTAL = Number(process.env.INTENDANT_BENCH_EXECUTIONS ?? 1_000_000);
const CHECKPOINTS = 10;
const PROBE_MS = 5_000;

export async function million() {
  const { child: load } = await start('load-process.mjs');
  let intendant = await startIntendant();
  const { directory } = intendant;
  const samples = [];
  const emptyStartMs = await restartMs(intendant, directory, (next) => {
    intendant = next;
  });
  try {
    await measureOnce(load, intendant, { concurrency: 16, durationMs: PROBE_MS });
    for (let checkpoint = 1; checkpoint <= CHECKPOINTS; checkpoint += 1) {
      const { perSecond } = await measureOnce(load, intendant, {
        concurrency: 64,
        count: Math.ceil(TOTAL / CHECKPOINTS),
      });
      const probe = await measureOnce(load, intendant, { concurrency: 1, durationMs: PROBE_MS });
      samples.push({
        executions: (checkpoint * TOTAL) / CHECKPOINTS,
        perSecond,
        p50Ms: probe.p50Ms,
        runtimeRssMiB: probe.rssMiB.runtime,
      });
      const last = samples.at(-1);
      console.log(
        `${last.executions} executions: ${perSecond.toFixed(0)}/s, p50 at 1 ${last.p50Ms.toFixed(2)} ms, runtime ${last.runtimeRssMiB.toFixed(0)} MiB`,
      );
    }
    const fullStartMs = await restartMs(intendant, directory, (next) => {
      intendant = next;
    });
    console.log(`restart: ${emptyStartMs.toFixed(0)} ms empty, ${fullStartMs.toFixed(0)} ms with ${TOTAL} executions`);
    return { samples, emptyStartMs, fullStartMs };
  } finally {
    await intendant.stop();
    load.disconnect();
  }
}

/** Milliseconds from starting the cluster on a directory to all of it being ready. */
async function restartMs(running, directory, replace) {
  await running.stop({ keep: true });
  const startedMs = performance.now();
  replace(await startIntendant(directory));
  return performance.now() - startedMs;
}
