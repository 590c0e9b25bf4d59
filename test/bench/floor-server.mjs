// The floor: what one intent cannot cost less than on this machine. Fastify, one schema validation, a group-committed
// synced append at the start and, for each step, one framed TCP call to another process and one append more; no policy,
// no registry, no hash chain, no TLS. The log is a module of floor-logs, on the engine that Intendant is measured on.
// `--reach` adds, one after the other, what the design demands of every intent.
import fastify from 'fastify';
import { connectCalls } from './framed-calls.mjs';

const [echoPort, logModule, logSettings] = [Number(process.argv[2]), process.argv[3], JSON.parse(process.argv[4])];
/** Of `--reach`: TLS of every call, bytes that entries have beside the floor's, and where to ask for a decision. */
const { certificates, acceptedBytes = 0, completedBytes = 0, decisionPort } = JSON.parse(process.argv[5] ?? '{}');
const [restOfAccepted, restOfCompleted] = ['a'.repeat(acceptedBytes), 'c'.repeat(completedBytes)];

const { open } = await import(`./floor-logs/${logModule}.mjs`);
const keep = await open(logSettings);

let group = [];
let isKeeping = false;
function append(body) {
  return new Promise((resolve) => {
    group.push({ body, resolve });
    if (!isKeeping) void keepAll();
  });
}

/** One group at a time; the next one gathers meanwhile. A log that fails ends the floor. */
async function keepAll() {
  isKeeping = true;
  while (group.length > 0) {
    await new Promise((resolve) => setImmediate(resolve));
    const waiting = group;
    group = [];
    await keep(waiting.map(({ body }) => body));
    for (const { resolve } of waiting) resolve();
  }
  isKeeping = false;
}

const call = await connectCalls(echoPort, certificates);
const decide = decisionPort === undefined ? null : await connectCalls(decisionPort, certificates);

const schema = {
  type: 'object',
  required: ['intentType', 'sessionId', 'payload'],
  properties: {
    intentType: { type: 'string', pattern: '^[a-z_]+\\.[a-z_]+$' },
    sessionId: { type: 'string' },
    payload: { type: 'object' },
  },
};

const app = fastify();
app.post('/v1/intents', { schema: { body: schema } }, async (request) => {
  const decision = decide === null ? restOfAccepted : await decide({ intent: request.body, decision: restOfAccepted });
  await append(Buffer.from(JSON.stringify({ type: 'accepted', intent: request.body, decision })));
  const steps = Number(request.query.steps ?? 1);
  let result;
  for (let step = 1; step <= steps; step += 1) {
    result = await call(request.body.payload);
    await append(Buffer.from(JSON.stringify({ type: 'completed', step, result, rest: restOfCompleted })));
  }
  return { status: 'completed', result };
});
await app.listen({ host: '127.0.0.1', port: 0 });
process.send({ type: 'ready', port: app.server.address().port });
process.on('SIGTERM', () => process.exit(0));
process.on('disconnect', () => process.exit(0));
