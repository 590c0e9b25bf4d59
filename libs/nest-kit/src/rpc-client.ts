import type { Socket } from 'node:net';
import { isNativeError } from 'node:util/types';
import { ClientTCP, type PacketId, type ReadPacket, type TcpSocket } from '@nestjs/microservices';
import type { Observable } from 'rxjs';
import type { Logger } from './logger.js';
import { CoalescingJsonSocket } from './rpc-socket.js';
import { clientTlsOptions, type TlsFiles } from './tls.js';

export interface RpcTarget {
  readonly host: string;
  readonly port: number;
  /** Service name that the other end's certificate must carry. */
  readonly service: string;
}

export interface RpcClientOptions {
  /** Keeps a connection on which nothing comes while a call runs out of time: the other end may be busy with one that takes longer. */
  readonly keepsSilent?: boolean;
  readonly connectMsMax?: number;
}

/** The other end did not answer in time, or the connection ended before it did. */
export class RpcUnavailable extends Error {
  constructor(
    readonly reason: 'timeout' | 'connection',
    message: string,
  ) {
    super(message);
    this.name = 'RpcUnavailable';
  }
}

/** Reconnect waits of a watch, in milliseconds. */
const WATCH_RETRY_MS = { initial: 100, max: 2_000 };

/** A connection takes milliseconds; to a host that vanished the kernel would try for minutes. */
const CONNECT_MS_MAX = 10_000;

const DONE = Promise.resolve();

class QuietClientTcp extends ClientTCP {
  #connected = false;
  /** Connections whose handshake is over. */
  readonly #secured = new WeakSet<Socket>();
  #lastId = 0;

  constructor(
    options: ConstructorParameters<typeof ClientTCP>[0],
    private readonly onError: (error: Error) => void,
    private readonly connectMsMax: number,
  ) {
    super(options);
  }

  override handleError(error: Error): void {
    this.onError(error);
  }

  /** As the base class does, but a connection that failed is tried anew by the next call, not remembered. */
  override connect(): Promise<void> {
    if (this.connectionPromise !== null) return this.connectionPromise as Promise<void>;
    const connecting = super.connect() as Promise<void>;
    this.#boundHandshake((this.socket as TcpSocket).netSocket);
    connecting.then(
      () => {
        this.#connected = this.connectionPromise === connecting;
      },
      () => {
        if (this.connectionPromise === connecting) this.connectionPromise = null;
      },
    );
    return connecting;
  }

  /** A connection is one for the base class before both ends have shown their certificates. */
  #boundHandshake(netSocket: Socket): void {
    const giveUp = (): void => void netSocket.destroy(new Error(`no connection within ${this.connectMsMax} ms`));
    const patience = setTimeout(giveUp, this.connectMsMax);
    netSocket.once('close', () => clearTimeout(patience));
    netSocket.once('secureConnect', () => {
      clearTimeout(patience);
      this.#secured.add(netSocket);
    });
  }

  get connected(): boolean {
    return this.#connected;
  }

  override handleClose(): void {
    this.#connected = false;
    super.handleClose();
  }

  /** What returns drops the connection if nothing came on it since: it may lead nowhere, which no other sign tells. */
  listen(): () => void {
    const { socket } = this;
    const bytesRead = socket?.netSocket.bytesRead;
    return () => {
      if (socket === null || this.socket !== socket) return;
      if (!this.#secured.has(socket.netSocket) || socket.netSocket.bytesRead !== bytesRead) return;
      socket.netSocket.destroy();
      this.handleClose();
    };
  }

  /** Numbers do for one connection's requests; random texts, and a copy with a member more, cost more than the rest of sending. */
  protected override assignPacketId(packet: ReadPacket): ReadPacket & PacketId {
    this.#lastId += 1;
    return Object.assign(packet, { id: String(this.#lastId) });
  }

  /**
   * One request and its one reply, without the observables that `send` wraps around the same packet. `onSent` gets the
   * function that stops expecting the reply.
   */
  exchange<T>(pattern: string, data: unknown, onSent?: (forget: () => void) => void): Promise<T> {
    if (this.#connected) return this.#exchange(pattern, data, onSent);
    return this.connect().then(() => this.#exchange<T>(pattern, data, onSent));
  }

  #exchange<T>(pattern: string, data: unknown, onSent?: (forget: () => void) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      // A packet that cannot be written is answered before `publish` returns.
      let forget = (): void => undefined;
      forget = this.publish({ pattern, data }, ({ err, response, isDisposed }) => {
        forget();
        if (err !== undefined && err !== null) reject(err);
        else if (response !== undefined || isDisposed !== true) resolve(response as T);
        else reject(new Error('the reply was empty'));
      });
      onSent?.(forget);
    });
  }

  /** As the base class does, without a promise per message: our packets need no deserialising. */
  override handleResponse(packet: unknown): Promise<void> {
    const { err, response, isDisposed, id } = packet as {
      err?: unknown;
      response?: unknown;
      isDisposed?: boolean;
      id: string;
    };
    const callback = this.routingMap.get(id);
    if (callback !== undefined) callback(isDisposed || err ? { err, response, isDisposed: true } : { err, response });
    return DONE;
  }
}

/** Calls to one address of one service over mutual TLS; connects on first use and again after a loss. */
export class RpcClient {
  readonly #client: QuietClientTcp;
  readonly #keepsSilent: boolean;
  #closed = false;

  constructor(
    readonly target: RpcTarget,
    tls: TlsFiles,
    private readonly logger: Logger,
    { keepsSilent = false, connectMsMax = CONNECT_MS_MAX }: RpcClientOptions = {},
  ) {
    this.#keepsSilent = keepsSilent;
    this.#client = new QuietClientTcp(
      {
        host: target.host,
        port: target.port,
        tlsOptions: clientTlsOptions(tls, target.service),
        socketClass: CoalescingJsonSocket as never,
      },
      (error) => this.logger.debug({ service: target.service, error: error.message }, 'rpc connection error'),
      connectMsMax,
    );
  }

  /** Opens the connection, or finds it open; rejects with {@link RpcUnavailable} when the other end cannot be reached. */
  async connect(): Promise<void> {
    this.#refuseWhenClosed();
    try {
      await this.#client.connect();
    } catch (error) {
      throw asUnavailable(error, this.target.service);
    }
  }

  /** Whether the connection stands now. */
  get connected(): boolean {
    return this.#client.connected && !this.#closed;
  }

  /** One request, one reply, for as long as the connection lives; the caller keeps the time. */
  request<T>(pattern: string, data: unknown, onSent?: (forget: () => void) => void): Promise<T> {
    if (this.#closed) return Promise.reject(closed(this.target.service));
    return this.#client.exchange<T>(pattern, data, onSent).catch((error: unknown) => {
      throw asUnavailable(error, this.target.service);
    });
  }

  /**
   * One request, one reply; rejects with {@link RpcUnavailable} when none comes, else with what the other end threw. When
   * nothing at all came meanwhile, the next call connects anew, unless the client was made otherwise.
   */
  call<T>(pattern: string, data: unknown, timeoutMs: number): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let forget = (): void => undefined;
      let dropIfSilent = (): void => undefined;
      const timer = setTimeout(() => {
        forget();
        dropIfSilent();
        reject(new RpcUnavailable('timeout', `${this.target.service} did not answer ${pattern} in ${timeoutMs} ms`));
      }, timeoutMs);
      this.request<T>(pattern, data, (stopExpecting) => {
        forget = stopExpecting;
        if (!this.#keepsSilent) dropIfSilent = this.#client.listen();
      })
        .then(resolve, reject)
        .finally(() => clearTimeout(timer));
    });
  }

  /** Fire and forget. */
  emit(pattern: string, data: unknown): void {
    this.#client.emit(pattern, data).subscribe({ error: () => undefined });
  }

  /** The stream of replies to one request, as it comes; ends or errors with the connection. */
  stream<T>(pattern: string, data: unknown): Observable<T> {
    return this.#client.send<T>(pattern, data);
  }

  /** Keeps a stream open for ever, asking again after every loss. Returns the function that stops it. */
  watch<T>(pattern: string, data: () => unknown, onMessage: (message: T) => void, onLost: () => void): () => void {
    let waitMs = WATCH_RETRY_MS.initial;
    let timer: NodeJS.Timeout | undefined;
    let stop: () => void = () => undefined;
    const again = (): void => {
      onLost();
      if (this.#closed) return;
      timer = setTimeout(open, waitMs);
      waitMs = Math.min(waitMs * 2, WATCH_RETRY_MS.max);
    };
    const open = (): void => {
      const subscription = this.stream<T>(pattern, data()).subscribe({
        next: (message) => {
          waitMs = WATCH_RETRY_MS.initial;
          onMessage(message);
        },
        error: again,
        complete: again,
      });
      stop = () => subscription.unsubscribe();
    };
    open();
    return () => {
      clearTimeout(timer);
      stop();
    };
  }

  #refuseWhenClosed(): void {
    if (this.#closed) throw closed(this.target.service);
  }

  close(): void {
    this.#closed = true;
    this.#client.close();
  }
}

const closed = (service: string): RpcUnavailable =>
  new RpcUnavailable('connection', `${service}: this client is closed`);

/** Errors of the socket become {@link RpcUnavailable}; what the other end's handler threw stays what it is. */
function asUnavailable(error: unknown, service: string): unknown {
  if (isNativeError(error)) return new RpcUnavailable('connection', `${service}: ${error.message}`);
  return error;
}
