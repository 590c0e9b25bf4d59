// What a client sees while partitions move to the other replica: for how long nothing is acknowledged of a partition, when
// its holder is killed, and when it ends in order.
import { loadavg } from 'node:os';
import { digestOf } from '@intendant/kernel';
import { Client } from 'undici';
import { startEngine } from './engines.mjs';
import { allHeld, PARTITIONS } from './holding.mjs';
import { startIntendant, USER } from './targets.mjs';

const MOVING = 'runtime-2';
const RETRY_MS = 10;
/** Between an acknowledgement and the next submission, so that what is measured is the move and not a full machine. */
const PAUSE_MS = 50;
/** A client gives a request up after this time and asks again under the same key. */
const ANSWER_MS_MAX = 1_000;

/** `rounds` of each kind; gaps in milliseconds, of the partition that waited longest in a round. */
export async function takeover(rounds, wal = 'redis') {
  const engine = await startEngine(wal);
  const intendant = await startIntendant(undefined, { engine, replicas: 2 });
  const gaps = { SIGKILL: [], SIGTERM: [] };
  try {
    for (let round = 0; round < rounds; round += 1)
      for (const [signal, seen] of Object.entries(gaps)) {
        seen.push(await gapAfter(intendant, signal));
        const last = seen.at(-1);
        console.log(
          `${signal} ${round + 1}: ${last.worstMs.toFixed(0)} ms, in the middle ${last.middleMs.toFixed(0)} ms, load average ${loadavg()[0].toFixed(1)}`,
        );
      }
  } finally {
    await intendant.stop();
    await engine.stop();
  }
  const report = { wal };
  for (const [signal, seen] of Object.entries(gaps)) {
    const sorted = seen.map(({ worstMs }) => worstMs).sort((a, b) => a - b);
    report[signal] = { p50Ms: sorted[Math.floor(sorted.length / 2)], worstMs: sorted.at(-1), rounds: seen };
    console.log(
      `${wal} ${signal}: p50 ${report[signal].p50Ms.toFixed(0)} ms, worst of ${rounds} ${sorted.at(-1).toFixed(0)} ms`,
    );
  }
  return report;
}

/** Ends the second replica under load on the first, waits until it is back with its share, and tells the longest gaps. */
async function gapAfter({ lab, urls, headers, sessionId }, signal) {
  const clients = Array.from({ length: PARTITIONS }, (_unused, partition) =>
    startClient(urls[0], { headers, sessionId, partition, name: `${signal}-${performance.now()}` }),
  );
  await Promise.all(clients.map((client) => client.acknowledged(5)));
  for (const client of clients) client.forgetGap();
  const { pid } = lab.processes.find(({ name }) => name === MOVING);
  const back = lab.restartOf(MOVING, pid);
  process.kill(pid, signal);
  // a replica that is back before its old lease ran out may take its own partitions again
  await Promise.all(clients.map((client) => client.acknowledged(5)));
  // what the return of the replica costs is not part of it
  const longest = clients.map((client) => client.longestGapMs()).sort((a, b) => b - a);
  await Promise.all(clients.map((client) => client.stop()));
  await back;
  await allHeld(urls);
  return { worstMs: longest[0], middleMs: longest[Math.floor(PARTITIONS / 4)] };
}

/** Submits one intent after the other under keys of one partition, each until it is acknowledged. */
function startClient(url, { headers, sessionId, partition, name }) {
  const client = new Client(url, { headersTimeout: ANSWER_MS_MAX, bodyTimeout: ANSWER_MS_MAX });
  let [going, count, keys, lastMs, longestMs] = [true, 0, 0, performance.now(), 0];
  const nextKey = () => {
    for (;;) {
      keys += 1;
      const key = `${name}-${keys}`;
      if (partitionOfKey(key) === partition) return key;
    }
  };
  const submit = async (key) => {
    const body = JSON.stringify({ intentType: 'bench.echo', sessionId, payload: { n: 1, text: key } });
    const { prefer: _waits, ...others } = headers;
    const answer = await client.request({
      method: 'POST',
      path: '/v1/intents',
      headers: { ...others, 'idempotency-key': key },
      body,
    });
    await answer.body.text();
    return answer.statusCode === 202 || answer.statusCode === 200;
  };
  const run = async () => {
    while (going) {
      const key = nextKey();
      while (going && !(await submit(key).catch(() => false))) await new Promise((next) => setTimeout(next, RETRY_MS));
      const nowMs = performance.now();
      longestMs = Math.max(longestMs, nowMs - lastMs);
      lastMs = nowMs;
      count += 1;
      await new Promise((next) => setTimeout(next, PAUSE_MS));
    }
  };
  const running = run();
  return {
    longestGapMs: () => longestMs,
    forgetGap: () => {
      longestMs = 0;
    },
    /** Resolves when so many more were acknowledged. */
    acknowledged: async (more) => {
      const wanted = count + more;
      while (count < wanted) await new Promise((next) => setTimeout(next, RETRY_MS));
    },
    stop: async () => {
      going = false;
      await running;
      await client.close();
    },
  };
}

/** As the Runtime places keys: by the first four digits of the digest of whose key it is. */
const partitionOfKey = (key) =>
  Number.parseInt(digestOf(['idempotency-key', USER.tenantId, USER.userId, key]).slice(0, 4), 16) % PARTITIONS;
