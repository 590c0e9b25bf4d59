import { type ProjectedLog, ProjectionTrack } from './projection-track.js';
import type { HaltedPartition } from './projector-report.js';
import type { Positions } from './read-model.js';
import { beginRebuild, isConflict, REBUILD_SCHEMA, rebuildAsked, swapRebuilt, unfinishedRebuild } from './rebuild.js';
import { ROLES } from './roles.js';
import { inSchema, type SqlRunner } from './sql-runner.js';

/** Key of the advisory lock that the one projector of a database holds. */
const PROJECTOR_LOCK = 0x4ead_02;

/** Another process projects into this database. */
export class ProjectorBusy extends Error {
  constructor() {
    super('another projector is at work on this database');
    this.name = 'ProjectorBusy';
  }
}

/** The tables hold more than the copy of the log here: another replica applied it from its own. */
export class CopyBehind extends Error {
  constructor() {
    super('the copy of the log here does not reach yet what lists hold');
    this.name = 'CopyBehind';
  }
}

/**
 * Applies the log to the tables. A rebuild fills other tables from the log's start while the served ones go on, and puts
 * them in their place once they know as much. Works on one connection; after any error the connection is to be thrown away,
 * and a new projector takes up where the database is.
 */
export class Projector {
  #served: ProjectionTrack;
  #rebuilt: ProjectionTrack | null = null;
  /** The served tables hold what the log contradicts: they stay as they are until the rebuilt ones replace them. */
  #servedAsTheyAre = false;

  private constructor(
    private readonly log: ProjectedLog,
    private readonly runner: SqlRunner,
    served: ProjectionTrack,
  ) {
    this.#served = served;
  }

  /**
   * Takes up where the database is. Rows that came from another log than this one are dropped, and the log is projected
   * from its start. Throws {@link ProjectorBusy} while another projector holds the database, and {@link CopyBehind} while they
   * may come from entries that this copy does not have yet; then a projector with a longer one can have the database.
   */
  static async resume(log: ProjectedLog, runner: SqlRunner): Promise<Projector> {
    await runner.query(`SET ROLE "${ROLES.projector}"`);
    const [lock] = await runner.query('SELECT pg_try_advisory_lock($1) AS held', [PROJECTOR_LOCK]);
    if (lock.held !== true) throw new ProjectorBusy();
    try {
      const served = await ProjectionTrack.load(log, runner);
      const projector = new Projector(log, runner, served);
      if (await projector.#isOfThisLog(served)) await served.nameLog();
      else await served.startOver();
      await projector.#resumeRebuild();
      return projector;
    } catch (error) {
      if (error instanceof CopyBehind) await runner.query('SELECT pg_advisory_unlock($1)', [PROJECTOR_LOCK]);
      throw error;
    }
  }

  /** A log that is nobody's copy is whole, and a person who asks for a rebuild knows that this one is. Throws {@link CopyBehind}. */
  async #isOfThisLog(track: ProjectionTrack): Promise<boolean> {
    const standing = await track.standing();
    if (standing !== 'not_reached') return standing === 'same';
    if (this.log.isCopy === true && !(await rebuildAsked(this.runner))) throw new CopyBehind();
    return false;
  }

  get positions(): Positions {
    return this.#served.positions;
  }

  get halted(): readonly HaltedPartition[] {
    const halted = [...this.#served.halted, ...(this.#rebuilt?.halted ?? [])];
    return [...new Map(halted.map((one) => [one.partition, one])).values()];
  }

  /** How far a rebuild is; null when there is none. */
  get rebuilding(): Positions | null {
    return this.#rebuilt?.positions ?? null;
  }

  /** Applies a batch to the served tables, and one to those of a rebuild; resolves with the number of entries. */
  async applyNext(): Promise<number> {
    const applied = await this.#applyServed();
    if (this.#rebuilt === null) return applied;
    const remade = await this.#orAnew(this.#rebuilt);
    if (this.#isComplete(this.#rebuilt)) await this.#swap();
    return applied + remade;
  }

  /** Lets another projector have the database; this one is over. */
  async letGo(): Promise<void> {
    await this.runner.query('SELECT pg_advisory_unlock($1)', [PROJECTOR_LOCK]);
  }

  /** Begins a rebuild that somebody asked for. Rejects when the connection is gone, which an idle projector would not notice. */
  async heedRequest(): Promise<void> {
    if (await rebuildAsked(this.runner)) await this.rebuild();
  }

  /** Makes every row anew from the log; lists answer what is there meanwhile. One that goes on begins anew. */
  async rebuild(): Promise<void> {
    await beginRebuild(this.runner);
    this.#rebuilt = await this.#loadRebuilt();
  }

  async #applyServed(): Promise<number> {
    if (this.#servedAsTheyAre) return 0;
    try {
      return await this.#served.applyNext();
    } catch (error) {
      if (!isConflict(error)) throw error;
      this.#servedAsTheyAre = true;
      if (this.#rebuilt === null) await this.rebuild();
      return 0;
    }
  }

  async #orAnew(rebuilt: ProjectionTrack): Promise<number> {
    try {
      return await rebuilt.applyNext();
    } catch (error) {
      if (!isConflict(error)) throw error;
      await this.rebuild();
      return 0;
    }
  }

  /** Positions of tables that the log contradicts say nothing: then only all of a sound log will do. */
  #isComplete(rebuilt: ProjectionTrack): boolean {
    if (!rebuilt.atEnd || !rebuilt.covers(this.#served.positions)) return false;
    return !this.#servedAsTheyAre || rebuilt.halted.length === 0;
  }

  async #swap(): Promise<void> {
    if (!(await swapRebuilt(this.runner))) return;
    this.#served = await ProjectionTrack.load(this.log, this.runner);
    this.#rebuilt = null;
    this.#servedAsTheyAre = false;
  }

  async #resumeRebuild(): Promise<void> {
    const found = await unfinishedRebuild(this.runner);
    if (found === 'none') return;
    if (found === 'usable') {
      this.#rebuilt = await this.#loadRebuilt();
      if (await this.#isOfThisLog(this.#rebuilt)) return;
    }
    await this.rebuild();
  }

  #loadRebuilt(): Promise<ProjectionTrack> {
    return ProjectionTrack.load(this.log, inSchema(this.runner, REBUILD_SCHEMA));
  }
}
