// The other end of the floor's call: answers every frame with the same data; over mutual TLS when certificates are given.
import { createServer } from 'node:net';
import { createServer as createSecureServer } from 'node:tls';

const certificates = process.argv[2] === undefined ? null : JSON.parse(process.argv[2]);
const serve = (onSocket) =>
  certificates === null
    ? createServer(onSocket)
    : createSecureServer({ ...certificates, requestCert: true, rejectUnauthorized: true }, onSocket);

const server = serve((socket) => {
  socket.setNoDelay(true);
  let unread = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    unread = unread.length === 0 ? chunk : Buffer.concat([unread, chunk]);
    while (unread.length >= 4 && unread.length >= 4 + unread.readUInt32BE(0)) {
      const end = 4 + unread.readUInt32BE(0);
      const body = JSON.stringify(JSON.parse(unread.toString('utf8', 4, end)));
      unread = unread.subarray(end);
      const frame = Buffer.allocUnsafe(4 + Buffer.byteLength(body));
      frame.writeUInt32BE(frame.length - 4, 0);
      frame.write(body, 4);
      socket.write(frame);
    }
  });
});
server.listen(0, '127.0.0.1', () => process.send({ type: 'ready', port: server.address().port }));
process.on('SIGTERM', () => process.exit(0));
process.on('disconnect', () => process.exit(0));
