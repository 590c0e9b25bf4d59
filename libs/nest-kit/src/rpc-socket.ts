import { JsonSocket } from '@nestjs/microservices';

/**
 * Nest's TCP framing with one difference: frames written in the same turn of the event loop leave together, in one TLS
 * record and one system call. A frame never waits for anything but the current turn.
 */
export class CoalescingJsonSocket extends JsonSocket {
  #corked = false;

  constructor(...args: ConstructorParameters<typeof JsonSocket>) {
    super(...args);
    // Nagle's algorithm and delayed acknowledgements together hold small replies back for tens of milliseconds.
    this.netSocket.setNoDelay(true);
  }

  protected override handleSend(message: unknown, callback?: (error?: unknown) => void): void {
    const stream = this.netSocket;
    if (!this.#corked) {
      this.#corked = true;
      stream.cork();
      setImmediate(() => {
        this.#corked = false;
        stream.uncork();
      });
    }
    super.handleSend(message, callback);
  }
}
