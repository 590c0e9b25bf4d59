import type { StoredEntry } from '@intendant/wal';
import { dataEntriesOf, dataSourcesOf, type ProjectedDataEntry, type ProjectedDataSource } from './data-projection.js';
import {
  type ExecutionProgress,
  type ProjectedEntry,
  progressed,
  progressOf,
  projectedEntry,
  startedExecution,
} from './projection.js';
import type { ListedExecution } from './read-model.js';

/** Where a partition's projection stands: the last entry applied. */
export interface ProjectionPlace {
  readonly position: number;
  /** Hash of that entry; zeros when there is none. */
  readonly hash: Buffer;
}

export const START: ProjectionPlace = { position: 0, hash: Buffer.alloc(32) };

export interface PartitionAdvance {
  readonly partition: number;
  readonly from: ProjectionPlace;
  readonly to: ProjectionPlace;
}

/** An entry that does not follow what was applied before it. */
export class PositionGap extends Error {
  constructor(
    readonly partition: number,
    readonly position: number,
    expected: number,
  ) {
    super(`partition ${partition}: position ${position} where ${expected} must follow`);
    this.name = 'PositionGap';
  }
}

/** Entries of many partitions turned into rows, to be written in one transaction with the positions they lead to. */
export class ProjectionBatch {
  readonly entries: ProjectedEntry[] = [];
  readonly dataEntries: ProjectedDataEntry[] = [];
  readonly dataSources: ProjectedDataSource[] = [];
  readonly #started = new Map<string, ListedExecution>();
  readonly #progress = new Map<string, ExecutionProgress>();
  readonly #advances = new Map<number, PartitionAdvance>();

  /** Rows of executions that start in this batch, with everything else it says of them. */
  get started(): readonly ListedExecution[] {
    return [...this.#started.values()];
  }

  /** Changes to executions that started before this batch. */
  get progress(): readonly ExecutionProgress[] {
    return [...this.#progress.values()];
  }

  get advances(): readonly PartitionAdvance[] {
    return [...this.#advances.values()];
  }

  /** Adds the entry that follows `place`, or the one added last of its partition; throws {@link PositionGap} for another. */
  add(entry: StoredEntry, place: ProjectionPlace): void {
    const { partition, position, hash } = entry;
    const advance = this.#advances.get(partition);
    const reached = advance?.to ?? place;
    if (position !== reached.position + 1) throw new PositionGap(partition, position, reached.position + 1);
    this.#advances.set(partition, { partition, from: advance?.from ?? place, to: { position, hash } });
    const started = startedExecution(entry);
    if (started !== null) this.#started.set(started.executionId, started);
    else this.#addProgress(entry);
    this.entries.push(this.#withIntentType(projectedEntry(entry)));
    this.dataEntries.push(...dataEntriesOf(entry));
    this.dataSources.push(...dataSourcesOf(entry));
  }

  #addProgress(entry: StoredEntry): void {
    const progress = progressOf(entry);
    if (progress === null) return;
    const { executionId } = progress;
    const started = this.#started.get(executionId);
    if (started !== undefined) this.#started.set(executionId, progressed(started, progress));
    else this.#progress.set(executionId, progressed(this.#progress.get(executionId) ?? progress, progress));
  }

  #withIntentType(entry: ProjectedEntry): ProjectedEntry {
    if (entry.intentType !== null) return entry;
    return { ...entry, intentType: this.#started.get(entry.streamId)?.intentType ?? null };
  }
}
