import type { ServerResponse } from 'node:http';

/** What is handed to the connection at once: a client makes progress when it has taken this much. */
const PART_BYTES = 64 * 1024;

/** Whoever reads a stream of events: gets no more than it takes, and is cut off when it takes nothing for too long. */
export class EventStreamClient {
  #writing = false;

  constructor(
    private readonly raw: ServerResponse,
    private readonly unreadMsMax: number,
  ) {}

  get isGone(): boolean {
    return this.raw.destroyed || this.raw.writableEnded;
  }

  /** Resolves when the connection has taken all of it, or is gone. */
  async write(text: string): Promise<void> {
    this.#writing = true;
    const bytes = Buffer.from(text);
    for (let from = 0; from < bytes.length && !this.isGone; from += PART_BYTES)
      await this.#taken(bytes.subarray(from, from + PART_BYTES));
    this.#writing = false;
  }

  heartbeat(): void {
    if (!this.#writing && !this.isGone) this.raw.write(': heartbeat\n\n');
  }

  /** Ends the stream between two records; in the midst of one only a broken connection tells that it is not whole. */
  end(): void {
    if (this.isGone) return;
    if (this.#writing) this.cut();
    else this.raw.end();
  }

  /** Never a clean end, which would be taken for the end of the execution. */
  cut(): void {
    this.raw.destroy();
  }

  #taken(part: Buffer): Promise<void> {
    return new Promise((resolve) => {
      const patience = setTimeout(() => this.cut(), this.unreadMsMax);
      const done = (): void => {
        clearTimeout(patience);
        this.raw.off('close', done);
        resolve();
      };
      this.raw.once('close', done);
      this.raw.write(part, done);
    });
  }
}
