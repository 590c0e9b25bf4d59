import type { Cursor } from './frames/frame.js';

/** The writer does not hold the partition, or no longer; nothing was stored. */
export class Fenced extends Error {
  /** `epoch`: of the writer's claim, null when it has none. */
  constructor(partition: number, epoch: number | null) {
    super(
      epoch === null
        ? `partition ${partition} is not held by this process: another one may hold it, or nobody yet`
        : `partition ${partition} is no longer held under epoch ${epoch}: it was claimed since, or given up`,
    );
    this.name = 'Fenced';
  }
}

/** The log does not verify; names the place. */
export class LogCorrupt extends Error {
  constructor(
    readonly place: string,
    readonly finding: string,
  ) {
    super(`log corrupt at ${place}: ${finding}`);
    this.name = 'LogCorrupt';
  }
}

/** The append may or may not be durable; the caller's outcome is unknown. Nothing more is acknowledged under its lease. */
export class AppendInDoubt extends Error {
  constructor(cause: unknown) {
    super(`append in doubt: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'AppendInDoubt';
  }
}

/** The log takes no appends under this lease, or at all; an earlier one failed, or this one was lost on its way. Nothing was stored. */
export class LogClosed extends Error {
  constructor(reason: string) {
    super(`log takes no appends: ${reason}`);
    this.name = 'LogClosed';
  }
}

/** Entries do not continue their streams or the partition; a defect of the caller. Nothing was stored. */
export class BrokenChain extends Error {
  constructor(streamId: string, finding: string) {
    super(`${streamId}: ${finding}`);
    this.name = 'BrokenChain';
  }
}

/** Frames were asked for that the log has dropped; what they said is kept elsewhere. */
export class Trimmed extends Error {
  /** `before`: cursor of the first frame that is still there, or the next to come. */
  constructor(
    readonly partition: number,
    readonly before: Cursor,
  ) {
    super(`partition ${partition}: frames before ${before} were dropped`);
    this.name = 'Trimmed';
  }
}

/** The append never left this process, and the partition has to be claimed anew before the next one. Nothing was stored. */
export class NotSent extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(`nothing was sent to the log: ${reason}`, options);
    this.name = 'NotSent';
  }
}

/** The servers do not keep what the log promises. Nothing was stored; when they do again, everything goes on. */
export class UnfitLog extends Error {
  /** One sentence each, with what is set and what must be. */
  constructor(readonly problems: readonly string[]) {
    super(`the log must not be written: ${problems.join('; ')}`);
    this.name = 'UnfitLog';
  }
}

/** An append has more bytes than any log takes at once. Nothing was stored, and the lease is as good as before. */
export class AppendTooLarge extends RangeError {
  constructor(bytes: number, bytesMax: number) {
    super(`an append of ${bytes} bytes, ${bytesMax} are allowed`);
    this.name = 'AppendTooLarge';
  }
}
