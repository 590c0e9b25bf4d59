import { FailureError, failure, type ReadModelReply } from '@intendant/intent-model';
import type { Clock } from '@intendant/kernel';
import type { HaltedPartition, Positions, ProjectorReport, ReadModel } from '@intendant/read-model';
import { type IndexedWal, LogCorrupt, partitionOf, type Wal } from '@intendant/wal';

/** Longest that a list waits for what its caller wrote. */
export const WAIT_MS_MAX = 5_000;
const POLL_MS_MIN = 5;
const POLL_MS_MAX = 100;

export interface ReadModelStatus {
  readonly connected: boolean;
  /** False when the projector of another replica is at work. */
  readonly active: boolean;
  readonly rebuilding: boolean;
  /** Entries of the log that are not applied yet; null when that cannot be told from the copy of the log here. */
  readonly lagEntries: number | null;
  /** Age of the oldest of them; 0 without any, null when it cannot be read or told. */
  readonly lagMs: number | null;
  readonly appliedEntries: number;
  readonly problem: string | null;
  readonly halted: readonly HaltedPartition[];
}

type PartitionProgress = ReadModelReply['partitions'][number];

export interface LaggingReadModelOptions {
  readonly model: ReadModel;
  readonly wal: Pick<Wal, 'tail' | 'read' | 'describe'> & Partial<Pick<IndexedWal, 'catchUp'>>;
  readonly clock: Clock;
  readonly pause: (ms: number) => Promise<unknown>;
  /** What the projector last told. */
  readonly report: () => ProjectorReport;
  /** Has the projector apply what there is without gathering more. */
  readonly hurry: () => void;
  /** Whether the log has more than the copy of it here, for who knows how long. */
  readonly copyIsStale: () => boolean;
}

/** The read model and how far it is behind the log. */
export class LaggingReadModel {
  readonly model: ReadModel;
  readonly #partitionCount: number;
  #asking: Promise<Positions> | undefined;

  constructor(private readonly options: LaggingReadModelOptions) {
    this.model = options.model;
    this.#partitionCount = options.wal.describe().partitionCount;
  }

  /** For readiness and metrics: what the projector told, without asking the database. */
  async status(): Promise<ReadModelStatus> {
    const { connected, active, applied, problem, halted, positions, rebuilding } = this.options.report();
    const tails = await this.#tails();
    const reached: Positions = new Map(positions.entries());
    const noPlace = connected && !active && problem !== null;
    const cannotTell = noPlace || this.options.copyIsStale();
    return {
      connected,
      active,
      rebuilding: rebuilding !== null,
      lagEntries: cannotTell ? null : behind(tails, reached),
      lagMs: cannotTell ? null : await this.#oldestMissingMs(tails, reached),
      appliedEntries: applied,
      problem,
      halted,
    };
  }

  /** How far each partition is, as the projector told it last. */
  async progress(): Promise<PartitionProgress[]> {
    const { positions, rebuilding } = this.options.report();
    return [...(await this.#tails())].map(([partition, logPosition]) => {
      const position = positions[partition] ?? 0;
      const rebuiltPosition = rebuilding?.[partition] ?? null;
      return { partition, logPosition, position, lagEntries: Math.max(0, logPosition - position), rebuiltPosition };
    });
  }

  /** Entries that the log has and `positions` do not cover. */
  async lagOf(positions: Positions): Promise<number> {
    return behind(await this.#tails(), positions);
  }

  positions(): Promise<Positions> {
    this.#asking ??= this.model.positions().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  /** Resolves once everything is applied that the partition of this stream holds now. */
  async covering(streamId: string): Promise<Positions> {
    const partition = partitionOf(streamId, this.#partitionCount);
    await this.options.wal.catchUp?.(partition);
    return this.#reach(new Map([[partition, await this.options.wal.tail(partition)]]));
  }

  /** Resolves once everything is applied that the log holds now. */
  async coveringAll(): Promise<Positions> {
    const partitions = Array.from({ length: this.#partitionCount }, (_, partition) => partition);
    await Promise.all(partitions.map(async (partition) => this.options.wal.catchUp?.(partition)));
    return this.#reach(await this.#tails());
  }

  async #reach(goal: Positions): Promise<Positions> {
    const { clock, pause } = this.options;
    const deadlineMs = clock.nowMs() + WAIT_MS_MAX;
    for (let pauseMs = POLL_MS_MIN; ; pauseMs = Math.min(2 * pauseMs, POLL_MS_MAX)) {
      const positions = await this.positions();
      const lagEntries = behind(goal, positions);
      if (lagEntries === 0) return positions;
      this.#throwIfHalted(goal, positions);
      if (clock.nowMs() >= deadlineMs) throw stillBehind(lagEntries);
      this.options.hurry();
      await pause(pauseMs);
    }
  }

  /** A partition that is projected no further will not come to cover the goal. */
  #throwIfHalted(goal: Positions, positions: Positions): void {
    for (const { partition, place, finding } of this.options.report().halted)
      if ((goal.get(partition) ?? 0) > (positions.get(partition) ?? 0)) throw new LogCorrupt(place, finding);
  }

  async #tails(): Promise<Positions> {
    const tails = new Map<number, number>();
    for (let partition = 0; partition < this.#partitionCount; partition += 1)
      tails.set(partition, await this.options.wal.tail(partition));
    return tails;
  }

  async #oldestMissingMs(tails: Positions, reached: Positions): Promise<number | null> {
    const { clock, wal } = this.options;
    let oldestMs = clock.nowMs();
    for (const [partition, tail] of tails) {
      const position = reached.get(partition) ?? 0;
      if (position >= tail) continue;
      try {
        const [entry] = await wal.read(partition, position + 1, 1);
        oldestMs = Math.min(oldestMs, Date.parse(entry?.records[0]?.occurredAt ?? ''));
      } catch {
        return null;
      }
    }
    return Number.isNaN(oldestMs) ? null : clock.nowMs() - oldestMs;
  }
}

function behind(tails: Positions, positions: Positions): number {
  let entries = 0;
  for (const [partition, tail] of tails) entries += Math.max(0, tail - (positions.get(partition) ?? 0));
  return entries;
}

const stillBehind = (lagEntries: number): FailureError =>
  new FailureError(
    failure('read_model_unavailable', `lists are ${lagEntries} entries behind what was to be waited for`, {
      remedy: 'ask again later, ask without waitFor, or read the execution by its id',
      retryAfterMs: 1_000,
      extra: { lagEntries },
    }),
  );
