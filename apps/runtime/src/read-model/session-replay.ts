import { setImmediate } from 'node:timers/promises';
import { type ExecutionState, IllegalRecord, stateDigestOf } from '@intendant/execution';
import type { ReplayedStream, SessionReplayMode } from '@intendant/intent-model';
import { digestOf } from '@intendant/kernel';
import type { ListedExecution } from '@intendant/read-model';
import { replayEvents, replayState } from '@intendant/replay';
import { type Entry, LogCorrupt, verifyStream, type Wal } from '@intendant/wal';
import { foldSession } from '../intake/sessions.js';

export interface SessionReplay {
  readonly streams: readonly ReplayedStream[];
  /** Covers the id and digest of every stream, in order. */
  readonly digest: string;
  /** What is wrong, naming stream and seq. */
  readonly findings: readonly string[];
}

/** State of an execution as it is served now; undefined when there is none. */
type ServedState = (executionId: string) => Promise<ExecutionState | undefined>;

/** Streams replayed between two turns of the event loop. */
const STREAMS_PER_TURN = 16;

/** The session's own stream, then its executions in the order of their acceptance: read from the log, and verified. */
export async function replaySession(
  log: Pick<Wal, 'readStream'>,
  served: ServedState,
  mode: SessionReplayMode,
  sessionId: string,
  executions: readonly ListedExecution[],
): Promise<SessionReplay> {
  const findings: string[] = [];
  const replayed = async (streamId: string, replay: (entries: readonly Entry[]) => Promise<ReplayedStream>) => {
    try {
      const entries = await log.readStream(streamId);
      const broken = verifyStream(streamId, entries);
      if (broken === null) return await replay(entries);
      findings.push(`${streamId} seq ${broken.seq}: ${broken.finding}`);
    } catch (error) {
      if (error instanceof LogCorrupt) findings.push(`${error.place}: ${error.finding}`);
      else if (error instanceof IllegalRecord) findings.push(`${streamId} ${error.message}`);
      else throw error;
    }
    return { streamId, digest: null };
  };

  const servedDigest = async (executionId: string): Promise<string | null> => {
    const state = await served(executionId);
    return state === undefined ? null : stateDigestOf(state);
  };

  const streams: ReplayedStream[] = [
    await replayed(sessionId, async (entries) => sessionStream(mode, sessionId, entries)),
  ];
  for (const execution of executions) {
    const { executionId, lastSeq } = execution;
    const stream = await replayed(executionId, async (entries) => {
      if (lastSeqOf(entries) < lastSeq)
        findings.push(`${executionId} seq ${lastSeqOf(entries) + 1}: records up to ${lastSeq} are missing`);
      const shown = executionStream(mode, executionId, entries);
      if (mode === 'state_only' && (await servedDigest(executionId)) !== shown.digest)
        findings.push(`${executionId}: the state that is served is not the state of its records`);
      return shown;
    });
    streams.push(stream);
    if (streams.length % STREAMS_PER_TURN === 0) await setImmediate();
  }
  return { streams, digest: digestOf(streams.map(({ streamId, digest }) => [streamId, digest])), findings };
}

function sessionStream(mode: SessionReplayMode, streamId: string, entries: readonly Entry[]): ReplayedStream {
  const { records, digest } = replayEvents(entries);
  if (mode === 'events_only') return { streamId, digest, records: [...records] };
  const state = foldSession(streamId, records);
  return { streamId, digest: digestOf(state ?? null), ...(state && { state: { ...state } }) };
}

function executionStream(mode: SessionReplayMode, streamId: string, entries: readonly Entry[]): ReplayedStream {
  if (mode === 'events_only') {
    const { records, digest } = replayEvents(entries);
    return { streamId, digest, records: [...records] };
  }
  const { state, digest } = replayState(streamId, entries);
  return { streamId, digest, state: { ...state } };
}

const lastSeqOf = (entries: readonly Entry[]): number => {
  const last = entries.at(-1);
  return last === undefined ? 0 : last.firstSeq + last.recordCount - 1;
};
