// The load generator, in a process of its own. Told over IPC what to send; answers with what it measured.
import { randomUUID } from 'node:crypto';
import { Client } from 'undici';

const TEXT = 'The quick brown fox jumps over the lazy dog. '.repeat(4);

/** Closed loop: `concurrency` connections, spread over the URLs, one request at a time on each, until time or count are over. */
async function run({
  urls,
  path,
  intentType,
  headers,
  sessionId,
  concurrency,
  durationMs,
  count,
  keyed,
  payload,
  accepts,
}) {
  const latenciesMs = [];
  const statuses = {};
  const untilMs = performance.now() + (durationMs ?? Number.POSITIVE_INFINITY);
  let left = count ?? Number.POSITIVE_INFINITY;
  let sequence = 0;
  const run = randomUUID();
  const clients = Array.from(
    { length: concurrency },
    (_unused, index) => new Client(urls[index % urls.length], { pipelining: 1, keepAliveTimeout: 60_000 }),
  );
  const startedMs = performance.now();
  await Promise.all(
    clients.map(async (client) => {
      while (performance.now() < untilMs && left > 0) {
        left -= 1;
        sequence += 1;
        const body = JSON.stringify({ intentType, sessionId, payload: { n: sequence, text: TEXT, ...payload } });
        const key = keyed ? { 'idempotency-key': `${run}-${sequence}` } : {};
        const sentMs = performance.now();
        const response = await client.request({
          method: 'POST',
          path,
          headers: { ...headers, ...key },
          body,
        });
        const text = await response.body.text();
        latenciesMs.push(performance.now() - sentMs);
        const status =
          response.statusCode === 200 || response.statusCode === accepts
            ? JSON.parse(text).status
            : `${response.statusCode} ${text.slice(0, 200)}`;
        statuses[status] = (statuses[status] ?? 0) + 1;
      }
    }),
  );
  const elapsedMs = performance.now() - startedMs;
  await Promise.all(clients.map((client) => client.close()));
  latenciesMs.sort((a, b) => a - b);
  const at = (quantile) => latenciesMs[Math.min(latenciesMs.length - 1, Math.floor(quantile * latenciesMs.length))];
  return {
    requests: latenciesMs.length,
    perSecond: (latenciesMs.length / elapsedMs) * 1_000,
    p50Ms: at(0.5),
    p90Ms: at(0.9),
    p99Ms: at(0.99),
    maxMs: latenciesMs.at(-1),
    statuses,
  };
}

process.on('message', (task) => {
  run(task).then(
    (result) => process.send({ type: 'result', result }),
    (error) => process.send({ type: 'error', message: error.stack }),
  );
});
process.on('disconnect', () => process.exit(0));
process.send({ type: 'ready' });
