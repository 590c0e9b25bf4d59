import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** What becomes of a write: answered, or cut off before the server has it, or cut off instead of its answer. */
type Fate = 'answered' | 'lost' | 'kept';

/** Stands between clients and a server, and cuts connections under a share of what is written through them. */
export class CuttingProxy {
  /** Of all writes, how many are cut off: half of these on their way there, half on their way back. */
  share = 0;
  /** Writes that came by, those that a client repeated included. */
  writes = 0;
  cuts = 0;
  #serverPort = 0;
  readonly #sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly random: () => number,
    private readonly isWrite: (request: Buffer) => boolean,
  ) {}

  /** On a free port of the loopback interface. `isWrite` is asked about every request from its first bytes. */
  static async listen(random: () => number, isWrite: (request: Buffer) => boolean): Promise<CuttingProxy> {
    const server = createServer();
    const proxy = new CuttingProxy(server, random, isWrite);
    server.on('connection', (client) => proxy.#pass(client));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  passTo(serverPort: number): void {
    this.#serverPort = serverPort;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  #pass(client: Socket): void {
    const upstream = connect(this.#serverPort, '127.0.0.1');
    const pair = [client, upstream];
    const cut = (): void => {
      for (const socket of pair) {
        this.#sockets.delete(socket);
        socket.destroy();
      }
    };
    for (const socket of pair) {
      this.#sockets.add(socket);
      socket.on('error', cut).on('close', cut);
    }
    let fate: Fate | null = null;
    client.on('data', (bytes) => {
      // a large request comes in pieces: its fate was decided with the first
      if (fate === null && this.isWrite(bytes)) fate = this.#decide();
      if (fate === 'lost') cut();
      else upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (fate === 'kept') return cut();
      fate = null;
      client.write(bytes);
    });
  }

  #decide(): Fate {
    this.writes += 1;
    if (this.random() >= this.share) return 'answered';
    this.cuts += 1;
    return this.random() < 0.5 ? 'lost' : 'kept';
  }
}
