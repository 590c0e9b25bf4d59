// The floor: what one intent cannot cost less than on this machine. Fastify, one schema validation, a group-committed
// synced append at the start and, for each step, one framed TCP call to another process and one append more; no policy,
// no registry, no hash chain, no TLS. The log is a module of floor-logs, on the engine that Intendant is measured on.
import { connect } from 'node:net';
import fastify from 'fastify';

const [echoPort, logModule, logSettings] = [Number(process.argv[2]), process.argv[3], JSON.parse(process.argv[4])];

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

const socket = connect(echoPort, '127.0.0.1');
socket.setNoDelay(true);
const calls = new Map();
let callId = 0;
let unread = Buffer.alloc(0);
socket.on('data', (chunk) => {
  unread = unread.length === 0 ? chunk : Buffer.concat([unread, chunk]);
  while (unread.length >= 4 && unread.length >= 4 + unread.readUInt32BE(0)) {
    const end = 4 + unread.readUInt32BE(0);
    const reply = JSON.parse(unread.toString('utf8', 4, end));
    unread = unread.subarray(end);
    calls.get(reply.id)(reply.data);
    calls.delete(reply.id);
  }
});

function call(data) {
  return new Promise((resolve) => {
    callId += 1;
    calls.set(callId, resolve);
    const body = JSON.stringify({ id: callId, data });
    const frame = Buffer.allocUnsafe(4 + Buffer.byteLength(body));
    frame.writeUInt32BE(frame.length - 4, 0);
    frame.write(body, 4);
    socket.write(frame);
  });
}

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
  await append(Buffer.from(JSON.stringify({ type: 'accepted', intent: request.body })));
  const steps = Number(request.query.steps ?? 1);
  let result;
  for (let step = 1; step <= steps; step += 1) {
    result = await call(request.body.payload);
    await append(Buffer.from(JSON.stringify({ type: 'completed', step, result })));
  }
  return { status: 'completed', result };
});
await app.listen({ host: '127.0.0.1', port: 0 });
process.send({ type: 'ready', port: app.server.address().port });
process.on('SIGTERM', () => process.exit(0));
process.on('disconnect', () => process.exit(0));
