// A hundred thousand executions that sleep: what does each cost in memory, and do they wake in time?
import { request } from 'undici';
import { measureOnce } from './measure.mjs';
import { rssMiB, start } from './processes.mjs';
import { startIntendant } from './targets.mjs';

const TOTAL = Number(process.env.INTENDANT_BENCH_SLEEPERS ?? 100_000);
const SPREAD_MS = 60_000;
/** Submissions per second to plan with; the first alarm comes after the last submission. */
const PACE = Number(process.env.INTENDANT_BENCH_SLEEPERS_PACE ?? 500);
const SHAPE = { key: 'sleep', intentType: 'bench.sleep', steps: 1 };

export async function sleepers() {
  const { child: load } = await start('load-process.mjs');
  let intendant = await startIntendant();
  const headers = { ...intendant.headers };
  delete headers.prefer;
  const runtimePid = () => intendant.pids().runtime;
  try {
    const soon = { wakeAtMs: Date.now() + 1_000 };
    const task = { shape: SHAPE, concurrency: 32, headers, accepts: 202 };
    await measureOnce(load, intendant, { ...task, count: 2_000, payload: soon });
    await quiet(intendant.url, 2_000, 0);
    const before = rssMiB(runtimePid());
    const firstMs = Date.now() + (TOTAL / PACE) * 1_000 + 15_000;
    let half = before;
    for (let batch = 0; batch < 60; batch += 1) {
      // by then what is bounded, such as the memory of recent keys, is as large as it gets
      if (batch === 30) half = rssMiB(runtimePid());
      const payload = { wakeAtMs: firstMs + Math.round((batch * SPREAD_MS) / 60) };
      await measureOnce(load, intendant, { ...task, count: Math.ceil(TOTAL / 60), payload });
      await allAsleep(intendant.url);
    }
    const asleep = rssMiB(runtimePid());
    const earlyMs = firstMs - Date.now();
    const bytesEach = ((asleep - before) * 1024 * 1024) / TOTAL;
    const bytesEachOfSecondHalf = ((asleep - half) * 1024 * 1024) / (TOTAL / 2);
    console.log(
      `${TOTAL} asleep: runtime ${before.toFixed(0)} → ${asleep.toFixed(0)} MiB, ${bytesEach.toFixed(0)} bytes for each, ${bytesEachOfSecondHalf.toFixed(0)} for each of the second half; ${(earlyMs / 1_000).toFixed(0)} s before the first wakes`,
    );
    const stoppedMs = performance.now();
    await intendant.stop({ keep: true });
    intendant = await startIntendant(intendant.directory);
    const restartMs = performance.now() - stoppedMs;
    console.log(`stopped and started again with all of them asleep: ${restartMs.toFixed(0)} ms`);
    await quiet(intendant.url, TOTAL, Math.max(0, earlyMs) + SPREAD_MS + 300_000);
    const lateness = await latenessOf(intendant.url);
    console.log(`woken: ${JSON.stringify(lateness)}`);
    return {
      total: TOTAL,
      beforeMiB: before,
      halfMiB: half,
      asleepMiB: asleep,
      bytesEach,
      bytesEachOfSecondHalf,
      earlyMs,
      restartMs,
      lateness,
    };
  } finally {
    await intendant.stop();
    load.disconnect();
  }
}

/** Resolves when no call is under way: what sleeps is to be measured, not what a burst of submissions has in hand. */
async function allAsleep(url) {
  const untilMs = Date.now() + 60_000;
  while (!(await metricsOf(url)).includes('intendant_calls_in_flight 0')) {
    if (Date.now() > untilMs) throw new Error('some are still being called');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function metricsOf(url) {
  return (await (await request(`${url}/metrics`)).body.text()).split('\n');
}

/** Resolves when `count` executions have completed. */
async function quiet(url, count, waitMs) {
  const untilMs = Date.now() + waitMs + 60_000;
  for (;;) {
    const lines = await metricsOf(url);
    const settled = lines
      .filter((line) => line.startsWith('intendant_executions_settled_total'))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
    if (settled >= count) return;
    if (Date.now() > untilMs) throw new Error(`${settled} of ${count} settled`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** Timers by how late they fired, from the Runtime's histogram. */
async function latenessOf(url) {
  const buckets = (await metricsOf(url)).filter((line) => line.startsWith('intendant_timer_lateness_seconds_bucket'));
  return Object.fromEntries(
    buckets.map((line) => [/le="([^"]+)"/.exec(line)[1], Number(line.slice(line.lastIndexOf(' ')))]),
  );
}
