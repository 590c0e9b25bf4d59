import type { ExecutionState } from '@intendant/execution';
import type { Wal } from '@intendant/wal';
import { LiveExecution, mayPark } from './live-execution.js';

export interface Unsettled {
  readonly awake: readonly LiveExecution[];
  /** Of what sleeps only the timers are kept. */
  readonly asleep: readonly Pick<ExecutionState, 'executionId' | 'timers'>[];
}

/** Reads executions from the log, as they were left by whoever held them before. */
export async function readUnsettled(
  wal: Pick<Wal, 'readStream'>,
  executionIds: Iterable<string>,
  nowMs: number,
): Promise<Unsettled> {
  const awake: LiveExecution[] = [];
  const asleep: Pick<ExecutionState, 'executionId' | 'timers'>[] = [];
  for (const executionId of executionIds) {
    const live = LiveExecution.fromLog(executionId, await wal.readStream(executionId));
    if (mayPark(live, nowMs)) asleep.push({ executionId, timers: live.state.timers });
    else awake.push(live);
  }
  return { awake, asleep };
}
