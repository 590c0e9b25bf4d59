import { randomBytes } from 'node:crypto';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { ParticipantCall } from '@intendant/intent-model';
import { signResponse } from '@intendant/nest-kit';

/** One request as it came, and the bare socket to answer it on. */
export interface RawRequest {
  readonly path: string;
  readonly signature: string;
  readonly call: ParticipantCall;
  readonly socket: Socket;
}

export type Behave = (request: RawRequest, n: number) => void;

const key = { keyId: randomBytes(8).toString('hex'), secret: randomBytes(32).toString('base64') };

/** The bytes of an answer of this status, signed for this request as a true participant signs it. */
export function signed(request: RawRequest, body: unknown, { type = 'application/json', more = '' } = {}): Buffer {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const answer = { status: 200, contentType: type, body: bytes, requestSignature: request.signature };
  const fields = { ...signResponse(answer, key, Date.now()), 'content-length': String(bytes.length) };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${lines.join('')}${more}\r\n`), bytes]);
}

/** A participant that answers byte by byte as it is told; cancels go unanswered. */
export async function rawHttpParticipant(behave: Behave) {
  const calls: RawRequest[] = [];
  const sockets = new Set<Socket>();
  const take = (path: string, head: string, body: string, socket: Socket): void => {
    if (!path.endsWith('/call')) return;
    const signature = /^signature: (.*)$/im.exec(head)?.[1] ?? '';
    const request = { path, signature, call: JSON.parse(body) as ParticipantCall, socket };
    calls.push(request);
    behave(request, calls.length);
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    let text = '';
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1]);
      if (end < 0 || text.length < end + 4 + length) return;
      const [head, body] = [text.slice(0, end), text.slice(end + 4, end + 4 + length)];
      text = text.slice(end + 4 + length);
      take(head.split(' ')[1] ?? '', head, body, socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    instance: { address: { transport: 'http' as const, url }, requestKey: key },
    calls,
    sockets,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
