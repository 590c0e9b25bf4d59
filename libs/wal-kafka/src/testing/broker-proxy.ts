import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Of a Produce request, in the fifth and sixth byte of what a client sends. */
const PRODUCE = 0;

/** Stands between clients and a broker that advertises the proxy's port, and can keep the answers to Produce requests back. */
export class BrokerProxy {
  /** While true, the broker gets every Produce request, and the client a closed connection instead of the answer. */
  losesProduceAnswers = false;
  /** Produce requests whose answer was kept back. */
  lostAnswers = 0;
  #brokerPort = 0;
  readonly #sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  static async listen(): Promise<BrokerProxy> {
    const server = createServer();
    const proxy = new BrokerProxy(server);
    server.on('connection', (client) => proxy.#pass(client));
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Clients are passed on to this port from now on. */
  passTo(brokerPort: number): void {
    this.#brokerPort = brokerPort;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #pass(client: Socket): void {
    const broker = connect(this.#brokerPort, '127.0.0.1');
    let doomed = false;
    client.on('data', (request) => {
      if (this.losesProduceAnswers && request.length > 6 && request.readInt16BE(4) === PRODUCE) doomed = true;
      broker.write(request);
    });
    broker.on('data', (answer) => {
      if (!doomed) {
        client.write(answer);
        return;
      }
      this.lostAnswers += 1;
      client.destroy();
    });
    for (const [socket, other] of [
      [client, broker],
      [broker, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
  }
}
