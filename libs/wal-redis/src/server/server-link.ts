import { setTimeout as delay } from 'node:timers/promises';
import { LogClosed } from '@intendant/wal';
import { disconnect, type LiveServer } from './connect.js';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

/** The connection of one purpose: made when it is asked for, thrown away when it failed, and not made too often. */
export class ServerLink {
  #live: Promise<LiveServer> | null = null;
  #settled: LiveServer | null = null;
  #pauseMs = 0;
  readonly #closing = new AbortController();

  constructor(private readonly connect: () => Promise<LiveServer>) {}

  /** The open connection, or a new one. Rejects when none can be made; the next call tries again after a pause. */
  async get(): Promise<LiveServer> {
    if (this.#closing.signal.aborted) throw new LogClosed('closed');
    this.#live ??= this.#open();
    return this.#live;
  }

  /** Identity of the server at the other end, null while there is none. */
  get identity(): string | null {
    return this.#settled?.identity ?? null;
  }

  /** Closes a connection that failed; what is still under way on it rejects. */
  drop(server: LiveServer): void {
    disconnect(server.redis);
    if (this.#settled === server) this.#forget();
  }

  /** Closes the connection, if there is one, so that the next call finds the master anew. */
  renew(): void {
    if (this.#settled !== null) this.drop(this.#settled);
  }

  close(): void {
    this.#closing.abort();
    this.renew();
  }

  async #open(): Promise<LiveServer> {
    try {
      if (this.#pauseMs > 0) await delay(this.#pauseMs, undefined, { signal: this.#closing.signal });
      const server = await this.connect();
      if (this.#closing.signal.aborted) {
        disconnect(server.redis);
        throw new LogClosed('closed');
      }
      this.#settled = server;
      this.#pauseMs = 0;
      server.redis.once('close', () => this.drop(server));
      return server;
    } catch (error) {
      this.#pauseMs = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, this.#pauseMs * 2));
      this.#forget();
      throw this.#closing.signal.aborted ? new LogClosed('closed') : error;
    }
  }

  #forget(): void {
    this.#live = null;
    this.#settled = null;
  }
}
