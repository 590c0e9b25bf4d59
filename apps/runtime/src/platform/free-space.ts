import { statfs } from 'node:fs/promises';
import { type Failure, failure } from '@intendant/intent-model';

const PROBE_MS = 1_000;

/** Watches the free space of the data directory; below the floor no new work is taken. */
export class FreeSpace {
  #freeBytes = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly directory: string,
    private readonly floorBytes: number,
  ) {}

  async start(): Promise<void> {
    await this.#probe();
    this.#timer = setInterval(() => void this.#probe().catch(() => undefined), PROBE_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** Why new work is refused, or null. */
  shortage(): Failure | null {
    if (this.#freeBytes >= this.floorBytes) return null;
    return failure('storage_low', `less than ${this.floorBytes} bytes are free for the log`, { retryAfterMs: 5_000 });
  }

  async #probe(): Promise<void> {
    const { bavail, bsize } = await statfs(this.directory);
    this.#freeBytes = bavail * bsize;
  }
}
