import {
  type ArchiveEnd,
  archiveUpTo,
  confirmUpTo,
  type LogArchive,
  type LogPlace,
  type RetentionMargins,
  takeSnapshot,
  trimmableBehind,
} from '@intendant/archive';
import type { Clock } from '@intendant/kernel';
import type { Logger } from '@intendant/nest-kit';
import { LogCorrupt, type Wal } from '@intendant/wal';

/** A log on servers, from which may be dropped what is archived. */
export interface TrimmableLog {
  placeOf(partition: number): LogPlace;
  /** Throws `LogCorrupt`, and drops nothing, when the frame at the cursor is another one than that of the name. */
  trim(partition: number, before: Pick<LogPlace, 'cursor' | 'name'>): Promise<void>;
}

export interface RetentionSettings {
  readonly intervalMs: number;
  /** Entries that make a segment worth while. */
  readonly entriesMin: number;
  /** Fewer are archived all the same once the oldest of them is older. */
  readonly ageMsMax: number;
  /** Null: nothing is ever dropped from the log. */
  readonly margins: RetentionMargins | null;
}

export interface RetentionPorts {
  readonly archive: LogArchive;
  readonly wal: Pick<Wal, 'describe' | 'read' | 'tail'>;
  /** Null for the embedded log. */
  readonly trimmable: TrimmableLog | null;
  /** Partitions that this process holds; nobody else's are archived. */
  readonly held: () => readonly number[];
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Archives the partitions held here from time to time, and trims their log behind verified snapshots. */
export class RetentionJob {
  /** Entries archived, failed looks at a partition, and trims, since the process began. */
  readonly counts = { archived: 0, failures: 0, trims: 0 };
  /** Entries that are not archived, by partition, as of the last look. */
  readonly #lags = new Map<number, number>();
  /** Up to where the archive was read back and compared by this process. */
  readonly #confirmed = new Map<number, ArchiveEnd>();
  readonly #trimmedTo = new Map<number, number>();
  #wholeAtMs: number;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(
    private readonly settings: RetentionSettings,
    private readonly ports: RetentionPorts,
  ) {
    this.#wholeAtMs = ports.clock.nowMs();
  }

  /** Entries of partitions held here that were not archived at the last look. */
  get lagEntries(): number {
    return this.ports.held().reduce((sum, partition) => sum + (this.#lags.get(partition) ?? 0), 0);
  }

  /** Since a look at every partition held here went well. */
  get ageMs(): number {
    return this.ports.clock.nowMs() - this.#wholeAtMs;
  }

  start(): void {
    this.#timer = setTimeout(() => {
      this.#running = this.look().finally(() => {
        if (!this.#stopped) this.start();
      });
    }, this.settings.intervalMs);
    this.#timer.unref();
  }

  /** Resolves when nothing of it runs any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  /** Looks at every partition held here once. A failure in one is told and counted, and leaves the others alone. */
  async look(): Promise<void> {
    const failuresBefore = this.counts.failures;
    for (const partition of this.ports.held()) {
      if (this.#stopped) return;
      try {
        await this.#keep(partition);
      } catch (error) {
        this.counts.failures += 1;
        const level = error instanceof LogCorrupt ? 'error' : 'warn';
        this.ports.logger[level]({ partition, err: error }, 'a partition was not archived');
      }
    }
    if (this.counts.failures === failuresBefore) this.#wholeAtMs = this.ports.clock.nowMs();
  }

  async #keep(partition: number): Promise<void> {
    const { archive, wal, trimmable, clock } = this.ports;
    const place = trimmable?.placeOf(partition);
    const to = place?.progress.position ?? (await wal.tail(partition));
    const before = await archive.end(partition);
    this.#lags.set(partition, Math.max(0, to - before.to));
    if (await this.#isDue(partition, before.to, to)) {
      await archive.declare(wal.describe().partitionCount);
      const end = await archiveUpTo(archive, wal, partition, to);
      this.counts.archived += end.to - before.to;
      this.#lags.set(partition, 0);
      if (place !== undefined) {
        const known = this.#confirmed.get(partition);
        const snapshotPlace = { partition, ...place };
        this.#confirmed.set(partition, await takeSnapshot(archive, wal, snapshotPlace, known, clock.nowMs()));
      }
    }
    if (trimmable !== null && this.settings.margins !== null)
      await this.#trim(partition, to, trimmable, this.settings.margins);
  }

  async #isDue(partition: number, archivedTo: number, to: number): Promise<boolean> {
    if (to <= archivedTo) return false;
    if (to - archivedTo >= this.settings.entriesMin) return true;
    const [oldest] = await this.ports.wal.read(partition, archivedTo + 1, 1);
    const recordedAt = Date.parse(oldest?.records[0]?.occurredAt ?? '');
    return this.ports.clock.nowMs() - recordedAt > this.settings.ageMsMax;
  }

  async #trim(partition: number, tail: number, log: TrimmableLog, margins: RetentionMargins): Promise<void> {
    const { archive, wal, clock, logger } = this.ports;
    const snapshot = trimmableBehind(await archive.snapshots(partition), tail, clock.nowMs(), margins);
    if (snapshot === null || snapshot.progress.position <= (this.#trimmedTo.get(partition) ?? 0)) return;
    const { position } = snapshot.progress;
    // the snapshot may be another process's: this one drops nothing that it has not read back itself
    const end = await confirmUpTo(archive, wal, partition, position, this.#confirmed.get(partition));
    if ((await archive.chainAt(partition, position)) !== snapshot.chain)
      throw new LogCorrupt(`snapshot of partition ${partition} at ${position}`, 'is not of these segments');
    this.#confirmed.set(partition, end);
    // reading back takes its time
    if (!this.ports.held().includes(partition)) return;
    await log.trim(partition, snapshot);
    this.#trimmedTo.set(partition, position);
    this.counts.trims += 1;
    logger.info({ partition, position }, 'the log was trimmed behind a snapshot');
  }
}
