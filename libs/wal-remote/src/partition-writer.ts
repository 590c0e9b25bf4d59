import {
  AppendInDoubt,
  AppendTooLarge,
  type Cursor,
  type Entry,
  type EntryFrame,
  Fenced,
  type FrameLog,
  type Lease,
  LogClosed,
  LogCorrupt,
  NotSent,
  type PlacedFrame,
  UnfitLog,
} from '@intendant/wal';
import { claimBehind } from './claim-behind.js';
import { haltFor } from './held-frame.js';
import type { PartitionCopy } from './partition-copy.js';
import { readToEnd, readUpTo } from './read-up-to.js';

/** Bounds of one batch: what a server takes as one message set, with room to spare. */
const BATCH_ENTRIES_MAX = 512;
const BATCH_BYTES_MAX = 768 * 1024;

interface Waiting {
  readonly entries: readonly Entry[];
  readonly resolve: (positions: readonly number[]) => void;
  readonly reject: (error: Error) => void;
}

export interface WriterPorts {
  readonly log: FrameLog;
  readonly copy: PartitionCopy;
  /** Makes a nonce that nobody else makes. */
  readonly nonce: () => string;
  /** Waits before the next try to learn what became of an append; rejects when it is not worth trying any longer. */
  readonly pauseBeforeRetry: (attempt: number) => Promise<void>;
  /** Told when nothing of what was promised to this writer is kept, although it goes on. */
  readonly onRefused: () => void;
  /** Told once when this writer has ended for another reason than `end`; what was promised to it must be forgotten. */
  readonly onLost: (reason: Error) => void;
}

/** After these nothing of an append is stored, or nothing more can be. */
const isKnownFate = (error: unknown): boolean =>
  error instanceof Fenced || error instanceof LogCorrupt || error instanceof RangeError || error instanceof UnfitLog;

/** Appends of one holder of one partition: one batch under way, the next one gathers meanwhile. */
export class PartitionWriter {
  #claim: { readonly epoch: number; readonly nonce: string };
  /** Of every claim that this writer made, those included whose answer was lost. */
  readonly #nonces: Set<string>;
  #queue: Waiting[] = [];
  #running: Promise<void> | null = null;
  #ended: Error | null = null;

  constructor(
    readonly lease: Lease,
    private readonly ports: WriterPorts,
  ) {
    this.#claim = lease;
    this.#nonces = new Set([lease.nonce]);
  }

  /** Why it takes nothing any more, or null. */
  get ended(): Error | null {
    return this.#ended;
  }

  append(entries: readonly Entry[]): Promise<readonly number[]> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== null) return reject(this.#ended);
      this.#queue.push({ entries, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Lets what was appended before it end, and takes nothing more. */
  async end(reason: Error): Promise<void> {
    this.#ended ??= reason;
    await this.#running;
  }

  async #run(): Promise<void> {
    // what arrives in the same turn of the event loop goes into the same batch
    await new Promise<void>((resolve) => void setImmediate(resolve));
    while (this.#queue.length > 0) {
      const group = this.#nextGroup();
      try {
        await this.#write(group);
      } catch (error) {
        if (error instanceof UnfitLog || error instanceof AppendTooLarge) this.#refuse(group, error);
        else this.#lose(group, error as Error);
      }
    }
    this.#running = null;
  }

  #nextGroup(): readonly Waiting[] {
    let entries = 0;
    let bytes = 0;
    const taken = this.#queue.findIndex((waiting, index) => {
      entries += waiting.entries.length;
      for (const entry of waiting.entries) bytes += entry.body.length + 256;
      return index > 0 && (entries > BATCH_ENTRIES_MAX || bytes > BATCH_BYTES_MAX);
    });
    return this.#queue.splice(0, taken === -1 ? this.#queue.length : taken);
  }

  async #write(group: readonly Waiting[]): Promise<void> {
    const { log, copy } = this.ports;
    const entries = group.flatMap((waiting) => waiting.entries);
    const frames = this.#framesOf(entries);
    try {
      const { cursors, adjoins } = await log.append(copy.partition, this.#claim, frames, copy.cursor);
      if (!adjoins) await readUpTo(log, copy, cursors[0] as Cursor);
      const known = new Map(entries.map((entry) => [entry.hash.toString('latin1'), entry]));
      copy.take(
        frames.map((frame, index): PlacedFrame => ({ cursor: cursors[index] as Cursor, frame })),
        known,
      );
    } catch (error) {
      if (error instanceof LogCorrupt) await haltFor(log, copy, error);
      if (isKnownFate(error)) throw error;
      await this.#findOut(error as Error);
    }
    // a batch is kept whole or not at all, and what stands before another's claim counts although it was answered too late
    const isKept = copy.holds(frames.at(-1) as EntryFrame);
    let at = 0;
    if (isKept)
      for (const { entries: own, resolve } of group) resolve(own.map(() => (frames[at++] as EntryFrame).position));
    if (this.#isDeposed) throw new Fenced(copy.partition, this.#claim.epoch);
    // when it is void, others must not go on as if it was kept
    if (!isKept) throw new LogClosed('an append was lost on its way to the log, and stored nothing');
  }

  #framesOf(entries: readonly Entry[]): EntryFrame[] {
    const { position } = this.ports.copy.progress;
    return entries.map(({ records: _records, ...entry }, index) => ({
      kind: 'entry',
      epoch: this.#claim.epoch,
      position: position + 1 + index,
      entry,
    }));
  }

  /**
   * Finds out what became of an append that nobody answered. Behind a new claim, ours or another's, it is either among
   * what was read before the claim, or void for ever. One that was never sent is in nobody's doubt.
   */
  async #findOut(cause: Error): Promise<void> {
    const { log, copy, nonce, pauseBeforeRetry } = this.ports;
    const untold = cause instanceof NotSent ? new LogClosed(cause.message) : new AppendInDoubt(cause);
    for (let attempt = 1; ; attempt += 1) {
      await pauseBeforeRetry(attempt).catch(() => {
        throw untold;
      });
      try {
        // whoever has been deposed meanwhile must not depose in turn
        await readToEnd(log, copy);
        if (this.#isDeposed) return;
        const made = nonce();
        this.#nonces.add(made);
        const { epoch } = await claimBehind(log, copy, made);
        if (copy.progress.nonce !== made) continue;
        this.#claim = { epoch, nonce: made };
        return;
      } catch (error) {
        if (error instanceof Fenced || error instanceof LogCorrupt) throw error;
        // nobody will say
        if (error instanceof LogClosed) throw untold;
      }
    }
  }

  get #isDeposed(): boolean {
    const claims = this.ports.copy.claimsAbove(this.lease.epoch);
    return claims.some((claim) => !this.#nonces.has(claim.nonce));
  }

  /** Nothing was sent, and the claim stands. What waits may build on what is refused, and is refused with it. */
  #refuse(group: readonly Waiting[], error: Error): void {
    for (const { reject } of [...group, ...this.#queue.splice(0)]) reject(error);
    this.ports.onRefused();
  }

  #lose(group: readonly Waiting[], error: Error): void {
    const behind = error instanceof AppendInDoubt ? new LogClosed(error.message) : error;
    this.#ended = behind;
    for (const { reject } of group) reject(error);
    for (const { reject } of this.#queue.splice(0)) reject(behind);
    this.ports.onLost(error);
  }
}
