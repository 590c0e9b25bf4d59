// One measurement: load for a while, with the CPU that every process and its children spent meanwhile; `load` is what asks.
import { ask, familyCpuSeconds, rssMiB } from './processes.mjs';

/** What is measured when nothing else is said. */
export const ONE_STEP = { key: 'steps1', intentType: 'bench.echo', steps: 1 };

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

export async function measureOnce(load, target, { shape = ONE_STEP, ...options }) {
  const pids = target.pids();
  const counted = { ...pids, load: load.pid };
  const before = familyCpuSeconds(counted);
  const result = await ask(load, {
    urls: target.urls ?? [target.url],
    headers: options.headers ?? target.headers,
    sessionId: target.sessionId,
    keyed: !target.isFloor,
    intentType: shape.intentType,
    path: target.isFloor ? `/v1/intents?steps=${shape.steps}` : '/v1/intents',
    ...options,
  });
  const completed = result.statuses.completed ?? 0;
  if (completed !== result.requests) console.error(`${target.name}: ${JSON.stringify(result.statuses)}`);
  const cpuMsPerThousand = Object.fromEntries(
    Object.entries(familyCpuSeconds(counted)).map(([name, seconds]) => [
      name,
      ((seconds - (before[name] ?? 0)) * 1_000_000) / result.requests,
    ]),
  );
  const rss = Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, rssMiB(pid)]));
  return { ...result, completed, cpuMsPerThousand, rssMiB: rss };
}

/** Median of every figure over rounds. */
export function medianOf(rounds) {
  const pick = (key) => median(rounds.map((round) => round[key]));
  const names = Object.keys(rounds[0].cpuMsPerThousand);
  return {
    rounds: rounds.length,
    requests: rounds.reduce((sum, round) => sum + round.requests, 0),
    completed: rounds.reduce((sum, round) => sum + round.completed, 0),
    perSecond: pick('perSecond'),
    p50Ms: pick('p50Ms'),
    p90Ms: pick('p90Ms'),
    p99Ms: pick('p99Ms'),
    cpuMsPerThousand: Object.fromEntries(
      names.map((name) => [name, median(rounds.map((round) => round.cpuMsPerThousand[name]))]),
    ),
    rssMiB: rounds.at(-1).rssMiB,
  };
}
