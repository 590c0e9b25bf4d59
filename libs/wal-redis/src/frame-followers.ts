import { setTimeout as delay } from 'node:timers/promises';
import {
  type Cursor,
  type FrameListener,
  LogCorrupt,
  type PlacedFrame,
  type StopFollowing,
  Trimmed,
} from '@intendant/wal';
import { idOf } from './cursor.js';
import type { ServerLink } from './server/server-link.js';

/** How long the servers are asked to wait for news; a partition that is followed anew waits no longer than this. */
export const NEWS_WAIT_MS = 200;
/** Before a partition that could not be read is tried again. */
const RETRY_MS = 500;
const FRAMES_PER_READ = 500;
/** A server that was emptied has no news: how often those who wait look at the partition itself. */
const LOOK_MS = 2_000;

export interface FrameFollowersOptions {
  readonly link: ServerLink;
  readonly seenKeyOf: (partition: number) => string;
  readonly readBehind: (partition: number, after: Cursor, limit: number) => Promise<readonly PlacedFrame[]>;
}

interface Follower {
  readonly partition: number;
  readonly listener: FrameListener;
  reached: Cursor;
  /** As it was told last. */
  trouble: Error | null;
  retryAtMs: number;
}

/**
 * Tells listeners of new frames. One connection waits for all partitions together; what is new is read as any reader
 * would, so that what is told and what is read cannot differ.
 */
export class FrameFollowers {
  readonly #followers = new Set<Follower>();
  #running: Promise<void> | null = null;
  #closed = false;
  #lookedMs = performance.now();

  constructor(private readonly options: FrameFollowersOptions) {}

  follow(partition: number, after: Cursor, listener: FrameListener): StopFollowing {
    const follower: Follower = { partition, listener, reached: idOf(after), trouble: null, retryAtMs: 0 };
    this.#followers.add(follower);
    this.#running ??= this.#run();
    return async () => void this.#followers.delete(follower);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#followers.clear();
    this.options.link.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#closed && this.#followers.size > 0) {
      const due = [...this.#followers].filter(
        ({ trouble, retryAtMs }) => trouble !== null && retryAtMs <= performance.now(),
      );
      await Promise.all(due.map((follower) => this.#tell(follower)));
      const waiting = [...this.#followers].filter(({ trouble }) => trouble === null);
      if (waiting.length === 0) {
        await delay(NEWS_WAIT_MS);
        continue;
      }
      const news = this.#isLookDue() ? waiting : await this.#awaitNews(waiting);
      await Promise.all(news.map((follower) => this.#tell(follower)));
    }
    this.#running = null;
  }

  #isLookDue(): boolean {
    if (performance.now() - this.#lookedMs < LOOK_MS) return false;
    this.#lookedMs = performance.now();
    return true;
  }

  /** Those for which there is something to read; an interruption is told to all of them. */
  async #awaitNews(waiting: readonly Follower[]): Promise<readonly Follower[]> {
    const keys = waiting.map(({ partition }) => this.options.seenKeyOf(partition));
    const places = waiting.map(({ reached }) => reached);
    try {
      const server = await this.options.link.get();
      try {
        const reply = await server.redis.xread('BLOCK', NEWS_WAIT_MS, 'STREAMS', ...keys, ...places);
        const withNews = new Set((reply ?? []).map(([key]) => key));
        return waiting.filter((_follower, index) => withNews.has(keys[index] as string));
      } catch (error) {
        this.options.link.drop(server);
        throw error;
      }
    } catch (error) {
      for (const follower of waiting) this.#trouble(follower, error as Error);
      return [];
    }
  }

  async #tell(follower: Follower): Promise<void> {
    try {
      for (;;) {
        const frames = await this.options.readBehind(follower.partition, follower.reached, FRAMES_PER_READ);
        if (!this.#followers.has(follower)) return;
        this.#untrouble(follower);
        const last = frames.at(-1);
        if (last === undefined) return;
        follower.reached = last.cursor;
        follower.listener.onFrames(frames);
      }
    } catch (error) {
      this.#trouble(follower, error as Error);
    }
  }

  #trouble(follower: Follower, error: Error): void {
    follower.retryAtMs = performance.now() + RETRY_MS;
    if (gravity(error) <= gravity(follower.trouble) || !this.#followers.has(follower)) return;
    follower.trouble = error;
    follower.listener.onTrouble(error);
  }

  #untrouble(follower: Follower): void {
    if (follower.trouble === null) return;
    follower.trouble = null;
    follower.listener.onTrouble(null);
  }
}

/** Behind a lost connection there may be a server that dropped what comes next, or lost the log: whoever was told one hears the other. */
function gravity(trouble: Error | null): number {
  if (trouble === null) return 0;
  if (trouble instanceof LogCorrupt) return 3;
  return trouble instanceof Trimmed ? 2 : 1;
}
