import { JsonSocket } from '@nestjs/microservices';

/** What `JsonSocket` keeps to itself in its declarations. */
interface Backpressure {
  applyBackpressure(): void;
  assertSendBufferWithinLimit(): void;
  formatMessageData(message: unknown): string;
}

/**
 * Runs once everything that the current turn set off is done, promises included; the next round of the event loop would be
 * later by one look for sockets. Ticks run once no promise's reaction is left.
 */
const atEndOfTurn = (run: () => void): void => queueMicrotask(() => process.nextTick(run));

/** After so long without a word the other end is asked whether it is there; some ten seconds later it is taken for gone. */
const KEEP_ALIVE_MS = 10_000;

/**
 * Nest's TCP framing with one difference: frames sent in the same turn of the event loop leave together, in one write, hence
 * in one TLS record and one system call. A frame never waits for anything but the current turn.
 */
export class CoalescingJsonSocket extends JsonSocket {
  #frames = '';
  #sent: ((error?: unknown) => void)[] = [];

  constructor(...args: ConstructorParameters<typeof JsonSocket>) {
    super(...args);
    // Nagle's algorithm and delayed acknowledgements together hold small replies back for tens of milliseconds.
    this.netSocket.setNoDelay(true);
    // A watch only listens: a host that vanished without a word would be waited for until it speaks.
    this.netSocket.setKeepAlive(true, KEEP_ALIVE_MS);
  }

  protected override handleSend(message: unknown, callback?: (error?: unknown) => void): void {
    const frame = (this as unknown as Backpressure).formatMessageData(message);
    if (this.#frames === '') atEndOfTurn(() => this.#flush());
    this.#frames += frame;
    if (callback !== undefined) this.#sent.push(callback);
  }

  override end(): this {
    this.#flush();
    return super.end() as this;
  }

  #flush(): void {
    const frames = this.#frames;
    const sent = this.#sent;
    if (frames === '') return;
    this.#frames = '';
    this.#sent = [];
    const done = (error?: unknown): void => {
      for (const callback of sent) callback(error);
    };
    const socket = this as unknown as Backpressure;
    if (!this.netSocket.writable) {
      done(new Error('the connection has ended'));
      return;
    }
    if (!this.netSocket.write(frames, 'utf8', done)) socket.applyBackpressure();
    socket.assertSendBufferWithinLimit();
  }
}
