import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** Passes everything on, late and in small pieces when it is told to. */
export class SlowProxy {
  delayMs = 0;
  /** Longest piece that is written at once. */
  pieceBytesMax = Number.POSITIVE_INFINITY;
  readonly #sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly port: number,
  ) {
    server.on('connection', (client) => this.#pass(client));
  }

  /** On a free port of the loopback interface. */
  static async to(port: number): Promise<SlowProxy> {
    const server = createServer();
    const proxy = new SlowProxy(server, port);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get ownPort(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  #pass(client: Socket): void {
    const upstream = connect(this.port, '127.0.0.1');
    const pair = [client, upstream];
    for (const socket of pair) {
      this.#sockets.add(socket.setNoDelay());
      const end = (): void => {
        for (const one of pair) {
          this.#sockets.delete(one);
          one.destroy();
        }
      };
      socket.on('error', end).on('close', end);
    }
    this.#carry(client, upstream);
    this.#carry(upstream, client);
  }

  /** Pieces stay in order: each is sent after the one before it, and none before its time. */
  #carry(from: Socket, to: Socket): void {
    let sent = Promise.resolve();
    from.on('data', (bytes) => {
      const dueMs = Date.now() + this.delayMs;
      sent = sent.then(async () => {
        const waitMs = dueMs - Date.now();
        if (waitMs > 0) await pause(waitMs);
        for (let at = 0; at < bytes.length && !to.destroyed; at += this.pieceBytesMax)
          to.write(bytes.subarray(at, at + this.pieceBytesMax));
      });
    });
  }
}
