import type { AcceptCommand, ExecutionState, ExecutionStatus } from '@intendant/execution';
import { acceptCommand } from '@intendant/execution/testing';
import { ManualTime } from '@intendant/kernel/testing';
import { type LogRecord, MemoryWal, type Wal } from '@intendant/wal';
import { MemoryPartitionStore, sampleAttribution, storeBeside } from '@intendant/wal/testing';
import { LogWriter, Supervisor, type SupervisorOptions } from '../src/index.js';
import { GatedWal } from './gated-wal.js';
import { type Script, ScriptedDispatcher } from './scripted-dispatcher.js';

export const PARTITIONS = 2;

/** What outlives a process: the log with its store, and the clock on the wall. */
export class Ground {
  readonly time = new ManualTime();
  readonly store = new MemoryPartitionStore();
  readonly wal: Wal = storeBeside(new MemoryWal(PARTITIONS), this.store);

  /** A process on this ground that has taken up what the log holds. */
  async start(script?: Script, options: Partial<SupervisorOptions> = {}): Promise<Bench> {
    const bench = new Bench(this, script, options);
    await bench.log.claimAll();
    bench.recovered = await bench.supervisor.recover();
    return bench;
  }

  async records(streamId: string): Promise<readonly LogRecord[]> {
    return (await this.wal.readStream(streamId)).flatMap((entry) => entry.records);
  }

  async types(streamId: string): Promise<readonly string[]> {
    return (await this.records(streamId)).map((record) => record.type);
  }
}

/** One process: supervisor, log writer and a scripted participant. */
export class Bench {
  readonly wal: GatedWal;
  readonly log: LogWriter;
  readonly dispatcher: ScriptedDispatcher;
  readonly supervisor: Supervisor;
  readonly applied: ExecutionState[] = [];
  /** Status before and after every entry. */
  readonly changes: (readonly [ExecutionStatus, ExecutionStatus])[] = [];
  readonly broken: { executionId: string; error: Error }[] = [];
  readonly halted: { partition: number; error: Error }[] = [];
  recovered = 0;

  constructor(
    readonly ground: Ground,
    script: Script | undefined,
    options: Partial<SupervisorOptions>,
  ) {
    this.wal = new GatedWal(ground.wal);
    this.log = new LogWriter(this.wal, ground.time);
    this.dispatcher = new ScriptedDispatcher(ground.wal, script);
    this.supervisor = new Supervisor({
      log: this.log,
      store: ground.store,
      dispatcher: this.dispatcher,
      clock: ground.time,
      scheduler: ground.time,
      lookAgainMs: 24 * 3_600_000,
      events: {
        applied: (state, before) => {
          this.applied.push(state);
          this.changes.push([before, state.status]);
        },
        broken: (executionId, error) => void this.broken.push({ executionId, error }),
        halted: (partition, error) => void this.halted.push({ partition, error }),
      },
      ...options,
    });
  }

  accept(executionId: string, change: Partial<AcceptCommand> = {}, terms: Partial<AcceptCommand['terms']> = {}) {
    return this.supervisor.accept(executionId, commandFor(executionId, change, terms));
  }
}

export const commandFor = (
  executionId: string,
  change: Partial<AcceptCommand> = {},
  terms: Partial<AcceptCommand['terms']> = {},
): AcceptCommand => acceptCommand(terms, { attribution: sampleAttribution(executionId), ...change });
