import type { DataSource } from 'typeorm';
import { openMigrated } from './database.js';
import { BATCH_ENTRIES_MAX, type ProjectedLog } from './projection-track.js';
import { CopyBehind, Projector, ProjectorBusy } from './projector.js';
import { NOT_CONNECTED, type ProjectorReport } from './projector-report.js';
import type { SqlRunner } from './sql-runner.js';
import { reachedByAnother } from './standby.js';

/** A log that tells cheaply whether it grew. */
export interface WatchedLog extends ProjectedLog {
  /** Another number after every append. */
  version(): number;
}

export interface ProjectorLoopOptions {
  readonly url: string;
  readonly log: WatchedLog;
  readonly report: (report: ProjectorReport) => void;
  readonly pause: (ms: number) => Promise<void>;
  /** After so long without a question the place of the projector is another's. */
  readonly silenceMs?: number;
}

/** Waited after a batch that was not full, unless somebody waits for it: a transaction costs as much as 50 entries. */
const GATHER_MS = 250;
const POLL_MS = 20;
/** An idle connection is tried this often, and the place of a projector elsewhere. */
const PING_MS = 1_000;
/** Nothing that a projector does keeps it from asking something for so long, unless it stands still. */
const SILENCE_MS_MAX = 30_000;
/** Longer than others take to try again. */
const LET_GO_MS = 2 * PING_MS;
const BACKOFF_MS_MIN = 250;
const BACKOFF_MS_MAX = 5_000;

/** Keeps the tables behind the log, whatever happens to PostgreSQL: connects, migrates, applies, and begins again. */
export class ProjectorLoop {
  #stopping = false;
  #hurried = false;
  #lettingGo = false;
  #last = NOT_CONNECTED;

  constructor(private readonly options: ProjectorLoopOptions) {}

  /** Resolves after {@link stop}; never rejects. */
  async run(): Promise<void> {
    let backoffMs = BACKOFF_MS_MIN;
    while (!this.#stopping) {
      try {
        await this.#connectAndFollow(() => {
          backoffMs = BACKOFF_MS_MIN;
        });
      } catch (error) {
        this.#tell({ connected: false, active: false, problem: (error as Error).message });
        await this.options.pause(backoffMs);
        backoffMs = Math.min(2 * backoffMs, BACKOFF_MS_MAX);
      }
    }
  }

  stop(): void {
    this.#stopping = true;
  }

  /** Somebody waits for what was written: the next batch gathers no more. */
  hurry(): void {
    this.#hurried = true;
  }

  /** Gives the place of the one projector to another replica, if one is there to take it; else this one goes on after a moment. */
  letGo(): void {
    this.#lettingGo = true;
  }

  async #connectAndFollow(connected: () => void): Promise<void> {
    const database = await openMigrated({
      url: this.options.url,
      applicationName: 'intendant-projector',
      connectionsMax: 2,
      statementMs: 60_000,
      synchronousCommit: false,
      silenceMs: this.options.silenceMs ?? SILENCE_MS_MAX,
      onConnectionLost: () => undefined,
    });
    try {
      await this.#follow(database, connected);
    } finally {
      await database.destroy().catch(() => undefined);
    }
  }

  async #follow(database: DataSource, connected: () => void): Promise<void> {
    const runner = database.createQueryRunner();
    while (!this.#stopping) {
      const projector = await this.#resume(runner, connected);
      if (projector === null) return;
      connected();
      this.#tellOf(projector, 0);
      this.#lettingGo = false;
      await this.#work(projector);
      if (!this.#lettingGo) continue;
      await projector.letGo();
      this.#tell({ active: false });
      await this.#waitUnless(LET_GO_MS, () => false);
    }
  }

  /** Until it is to stop or to let go. */
  async #work(projector: Projector): Promise<void> {
    const { log, pause } = this.options;
    while (!this.#stopping && !this.#lettingGo) {
      const version = log.version();
      this.#hurried = false;
      await projector.heedRequest();
      const applied = await projector.applyNext();
      if (applied > 0 || this.#isNews(projector)) this.#tellOf(projector, applied);
      if (applied === BATCH_ENTRIES_MAX || (applied > 0 && projector.rebuilding !== null)) {
        await pause(0);
      } else if (applied > 0) {
        await this.#waitUnless(GATHER_MS, () => this.#hurried);
      } else {
        await this.#untilChanged(version);
      }
    }
  }

  /** Waits for its turn while another replica projects, or this one's copy of the log is behind it, and tells how far that one is. Null when it was stopped meanwhile. */
  async #resume(runner: SqlRunner, connected: () => void): Promise<Projector | null> {
    while (!this.#stopping) {
      let problem: string | null = null;
      try {
        return await Projector.resume(this.options.log, runner);
      } catch (error) {
        if (error instanceof CopyBehind) problem = error.message;
        else if (!(error instanceof ProjectorBusy)) throw error;
      }
      connected();
      this.#tell({ connected: true, problem, active: false, halted: [], ...(await reachedByAnother(runner)) });
      await this.#waitUnless(PING_MS, () => false);
    }
    return null;
  }

  #isNews({ halted, rebuilding }: Projector): boolean {
    return halted.length !== this.#last.halted.length || (rebuilding === null) !== (this.#last.rebuilding === null);
  }

  /** Until the log grew, at most {@link PING_MS}. */
  #untilChanged(version: number): Promise<void> {
    return this.#waitUnless(PING_MS, () => this.options.log.version() !== version);
  }

  async #waitUnless(ms: number, over: () => boolean): Promise<void> {
    for (let waitedMs = 0; waitedMs < ms; waitedMs += POLL_MS) {
      if (this.#stopping || over()) return;
      await this.options.pause(POLL_MS);
    }
  }

  #tellOf(projector: Projector, applied: number): void {
    const { positions, halted, rebuilding } = projector;
    this.#tell({
      connected: true,
      problem: null,
      active: true,
      positions: [...positions.values()],
      rebuilding: rebuilding === null ? null : [...rebuilding.values()],
      halted,
      applied: this.#last.applied + applied,
    });
  }

  #tell(change: Partial<ProjectorReport>): void {
    this.#last = { ...this.#last, ...change };
    this.options.report(this.#last);
  }
}
