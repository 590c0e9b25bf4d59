import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A line to a server that can be cut where it hurts. */
export interface CutProxy {
  readonly url: string;
  /**
   * From the next request on that contains `text`, answers are swallowed; resolves when the server has answered that
   * request, and both its connections are cut then.
   */
  cutAfterApplied(text: string): Promise<void>;
  /** Cuts all connections at once; new ones are taken. */
  cutAll(): void;
  close(): Promise<void>;
}

/** Passes bytes between clients and the server at `port` of the loopback interface. */
export async function startCutProxy(port: number): Promise<CutProxy> {
  const sockets = new Set<Socket>();
  let trap: { text: string; sprung: () => void } | null = null;
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    const pair = [client, upstream];
    const cut = () => {
      for (const socket of pair) {
        sockets.delete(socket);
        socket.destroy();
      }
    };
    for (const socket of pair) {
      sockets.add(socket);
      socket.on('error', cut).on('close', cut);
    }
    let swallowing: (() => void) | null = null;
    client.on('data', (bytes) => {
      if (trap !== null && bytes.includes(trap.text)) {
        swallowing = trap.sprung;
        trap = null;
      }
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (swallowing === null) return void client.write(bytes);
      cut();
      swallowing();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cutAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `redis://127.0.0.1:${(server.address() as { port: number }).port}`,
    cutAfterApplied: (text) =>
      new Promise((resolve) => {
        trap = { text, sprung: resolve };
      }),
    cutAll,
    close: async () => {
      cutAll();
      server.close();
      await once(server, 'close');
    },
  };
}
