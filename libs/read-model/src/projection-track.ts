import { LogCorrupt, type StoredEntry, type Wal } from '@intendant/wal';
import { writeBatch } from './batch-writer.js';
import { PositionGap, ProjectionBatch, type ProjectionPlace, START } from './projection-batch.js';
import type { HaltedPartition } from './projector-report.js';
import type { Positions } from './read-model.js';
import type { SqlRunner } from './sql-runner.js';

/** Entries of one transaction. */
export const BATCH_ENTRIES_MAX = 1_000;
/** Entries read at once. */
const READ_ENTRIES_MAX = 16;
/** Bodies of the log that are held at once; one larger entry goes alone. */
const READ_BYTES_MAX = 512 * 1024;

/** The log as far as a projector needs it. Reads are verified; see {@link Wal}. */
export type ProjectedLog = Pick<Wal, 'read' | 'describe'> & {
  readonly logId: string;
  /** It follows a log elsewhere: what it does not have may be yet to come. */
  readonly isCopy?: boolean;
};

/** Whether the tables are of a log: they name another one, it has other entries where they stand, or none there. */
export type Standing = 'same' | 'other' | 'not_reached';

/** One set of tables that follows the log: each partition in its order, with the position in the same transaction. */
export class ProjectionTrack {
  readonly #places: ProjectionPlace[] = [];
  readonly #halted = new Map<number, HaltedPartition>();
  /** Partition to read first, so that a long one does not starve the others. */
  #turn = 0;
  #atEnd = false;
  /** The tables name another log than this one. */
  #ofAnother = false;

  private constructor(
    private readonly log: ProjectedLog,
    private readonly runner: SqlRunner,
  ) {}

  /** Takes up where the tables are. */
  static async load(log: ProjectedLog, runner: SqlRunner): Promise<ProjectionTrack> {
    const track = new ProjectionTrack(log, runner);
    await track.#loadPlaces();
    return track;
  }

  get positions(): Positions {
    return new Map(this.#places.map((place, partition) => [partition, place.position]));
  }

  get halted(): readonly HaltedPartition[] {
    return [...this.#halted.values()];
  }

  /** Whether the last batch took all that the log held, but for what is behind a damaged entry. */
  get atEnd(): boolean {
    return this.#atEnd;
  }

  /** Whether everything is applied that is in `positions`. */
  covers(positions: Positions): boolean {
    return [...positions].every(([partition, position]) => (this.#places[partition]?.position ?? 0) >= position);
  }

  /** Applies up to {@link BATCH_ENTRIES_MAX} entries; resolves with their number, 0 when there is nothing to apply. */
  async applyNext(): Promise<number> {
    const batch = await this.#readBatch();
    if (batch.entries.length === 0) return 0;
    await writeBatch(this.runner, batch);
    for (const { partition, to } of batch.advances) this.#places[partition] = to;
    return batch.entries.length;
  }

  /** Drops every row and position: what follows projects the log from its start. */
  async startOver(): Promise<void> {
    await this.runner.query(
      `TRUNCATE "read_model"."execution", "read_model"."log_entry", "read_model"."data_entry",
         "read_model"."data_source", "read_model"."projection_position"`,
    );
    this.#halted.clear();
    await this.#loadPlaces();
  }

  /** One entry that differs says more than others that are not there. */
  async standing(): Promise<Standing> {
    const { partitionCount } = this.log.describe();
    if (this.#ofAnother) return 'other';
    let standing: Standing = 'same';
    for (const [partition, place] of this.#places.entries()) {
      if (place.position === 0) continue;
      if (partition >= partitionCount) return 'other';
      const found = await this.#standingOf(partition, place);
      if (found === 'other') return found;
      if (found === 'not_reached') standing = found;
    }
    return standing;
  }

  /** Has the tables name this log, which they were found to be of. */
  async nameLog(): Promise<void> {
    await this.runner.query('UPDATE "read_model"."projection_position" SET "log_id" = $1 WHERE "log_id" IS NULL', [
      this.log.logId,
    ]);
  }

  async #loadPlaces(): Promise<void> {
    const { partitionCount } = this.log.describe();
    await this.runner.query(
      `INSERT INTO "read_model"."projection_position" ("partition", "position", "hash", "log_id")
       SELECT "partition", 0, $2, $3 FROM generate_series(0, $1 - 1) AS "partition" ON CONFLICT DO NOTHING`,
      [partitionCount, START.hash, this.log.logId],
    );
    const rows: { partition: number; position: string; hash: Buffer; log_id: string | null }[] =
      await this.runner.query(
        'SELECT "partition", "position", "hash", "log_id" FROM "read_model"."projection_position" ORDER BY "partition"',
      );
    this.#ofAnother = rows.some(({ log_id: logId }) => logId !== null && logId !== this.log.logId);
    this.#places.length = 0;
    for (const row of rows) this.#places[row.partition] = { position: Number(row.position), hash: row.hash };
  }

  async #standingOf(partition: number, place: ProjectionPlace): Promise<Standing> {
    try {
      const [entry] = await this.log.read(partition, place.position, 1);
      if (entry === undefined) return 'not_reached';
      return entry.hash.equals(place.hash) ? 'same' : 'other';
    } catch (error) {
      // It was sound when it was applied: the log is this one, and damaged.
      if (error instanceof LogCorrupt) return 'same';
      throw error;
    }
  }

  async #readBatch(): Promise<ProjectionBatch> {
    const batch = new ProjectionBatch();
    const partitions = this.#places.length;
    let ended = 0;
    for (let visited = 0; visited < partitions; visited += 1) {
      const room = BATCH_ENTRIES_MAX - batch.entries.length;
      if (room === 0) break;
      const entriesMax = Math.min(room, Math.ceil(BATCH_ENTRIES_MAX / 4));
      if (await this.#readPartition(this.#turn, batch, entriesMax)) ended += 1;
      this.#turn = (this.#turn + 1) % partitions;
    }
    this.#atEnd = ended === partitions;
    return batch;
  }

  /** Resolves with whether that was all of the partition. */
  async #readPartition(partition: number, batch: ProjectionBatch, entriesMax: number): Promise<boolean> {
    const place = this.#places[partition] as ProjectionPlace;
    for (let taken = 0; taken < entriesMax && !this.#halted.has(partition); ) {
      const wanted = Math.min(READ_ENTRIES_MAX, entriesMax - taken);
      const entries = await this.#readSound(partition, place.position + taken + 1, wanted);
      try {
        for (const entry of entries) batch.add(entry, place);
      } catch (error) {
        if (!(error instanceof PositionGap)) throw error;
        this.#halt(partition, `partition ${partition}, position ${error.position}`, error.message);
      }
      if (entries.length === 0) return true;
      taken += entries.length;
    }
    return this.#halted.has(partition);
  }

  /** Entries up to the first that does not verify; that one, when it is next, halts its partition. */
  async #readSound(partition: number, from: number, limit: number): Promise<readonly StoredEntry[]> {
    for (let wanted = limit; ; wanted = wanted >> 1) {
      try {
        return await this.log.read(partition, from, wanted, READ_BYTES_MAX);
      } catch (error) {
        if (!(error instanceof LogCorrupt)) throw error;
        if (wanted > 1) continue;
        this.#halt(partition, error.place, error.finding);
        return [];
      }
    }
  }

  #halt(partition: number, place: string, finding: string): void {
    this.#halted.set(partition, { partition, place, finding });
  }
}
