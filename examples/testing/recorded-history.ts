import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ResolvedReference } from '@intendant/intent-model';
import { type FullReplay, replayFully } from '@intendant/replay';
import { rerunInMemory, type WorldService } from '@intendant/testkit';
import type { LogRecord } from '@intendant/wal';

/** Executions of the examples as a real cluster once recorded them (test/e2e/full-replay.e2e.ts). Never changed. */
export const HISTORIES = join(import.meta.dirname, 'fixtures', 'histories');

interface RecordedHistory {
  readonly executionId: string;
  /** What the log knew about the references that the decision allowed. */
  readonly references: readonly ResolvedReference[];
  readonly records: readonly LogRecord[];
}

export const bytesOf = (ref: string): Uint8Array =>
  readFileSync(join(HISTORIES, 'content', ref.slice('content://'.length)));

/** Runs the handlers of a recorded execution again, in the service as it is now. */
export function replayRecorded(intentType: string, service: WorldService): Promise<FullReplay> {
  const text = readFileSync(join(HISTORIES, `${intentType}.json`), 'utf8');
  const { executionId, references, records } = JSON.parse(text) as RecordedHistory;
  const content = { bytes: bytesOf, references: () => references };
  return replayFully(executionId, records, rerunInMemory([service], content));
}
