// Calls over one connection, each message framed by its length; over mutual TLS when certificates are given.
import { connect } from 'node:net';
import { connect as connectSecurely } from 'node:tls';

/** Connects to an echo process; the function returned sends data and resolves with what comes back. */
export async function connectCalls(port, certificates) {
  const where = { port, host: '127.0.0.1' };
  const socket = certificates === undefined ? connect(where) : connectSecurely({ ...where, ...certificates });
  await new Promise((resolve, reject) => {
    socket.once(certificates === undefined ? 'connect' : 'secureConnect', resolve);
    socket.once('error', reject);
  });
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
  return (data) =>
    new Promise((resolve) => {
      callId += 1;
      calls.set(callId, resolve);
      const body = JSON.stringify({ id: callId, data });
      const frame = Buffer.allocUnsafe(4 + Buffer.byteLength(body));
      frame.writeUInt32BE(frame.length - 4, 0);
      frame.write(body, 4);
      socket.write(frame);
    });
}
