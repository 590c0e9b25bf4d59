// Ten minutes of steady load: how much the platform adds, and whether everything completes.
import { measureOnce } from './measure.mjs';
import { start } from './processes.mjs';
import { startIntendant } from './targets.mjs';

const SOAK_MS = 600_000;
const CONCURRENCY = 16;

export async function soak() {
  const { child: load } = await start('load-process.mjs');
  const intendant = await startIntendant();
  try {
    await measureOnce(load, intendant, { concurrency: CONCURRENCY, durationMs: 5_000 });
    const result = await measureOnce(load, intendant, { concurrency: CONCURRENCY, durationMs: SOAK_MS });
    const completedShare = result.completed / result.requests;
    console.log(
      `soak: ${result.requests} intents, ${(completedShare * 100).toFixed(3)} % completed, p99 ${result.p99Ms.toFixed(1)} ms, max ${result.maxMs.toFixed(0)} ms, runtime ${result.rssMiB.runtime.toFixed(0)} MiB`,
    );
    return { ...result, concurrency: CONCURRENCY, completedShare };
  } finally {
    await intendant.stop();
    load.disconnect();
  }
}
