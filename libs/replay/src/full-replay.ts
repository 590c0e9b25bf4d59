import type { ReplayAnswer, ReplayedStep } from '@intendant/intent-model';
import { digestOf, type JsonValue } from '@intendant/kernel';
import type { LogRecord } from '@intendant/wal';
import { compareRerun, notRerun } from './compare-rerun.js';
import { type Rerun, rerunsOf } from './reruns.js';

/** Port: runs one handler again, in isolation; or says why it does not. */
export type RunAgain = (
  rerun: Rerun,
) => Promise<ReplayAnswer | { readonly status: 'not_rerun'; readonly detail: string }>;

/** What came of running every handler of an execution again. */
export interface FullReplay {
  readonly steps: readonly ReplayedStep[];
  /** The first that did something else; null when none did. */
  readonly firstDivergence: ReplayedStep | null;
  /** Every handler ran again, and did what was recorded. */
  readonly equal: boolean;
  readonly digest: string;
}

/** Runs the handlers one after the other. Nothing but the answers is looked at, and nothing is recorded. */
export async function replayFully(
  executionId: string,
  records: readonly LogRecord[],
  runAgain: RunAgain,
): Promise<FullReplay> {
  const steps: ReplayedStep[] = [];
  for (const rerun of rerunsOf(executionId, records)) {
    if (rerun.end.kind === 'not_compared') {
      steps.push(notRerun(rerun, rerun.end.detail));
      continue;
    }
    const answer = await runAgain(rerun);
    steps.push(answer.status === 'not_rerun' ? notRerun(rerun, answer.detail) : compareRerun(rerun, answer));
  }
  const firstDivergence = steps.find((step) => step.verdict === 'diverged') ?? null;
  const equal = steps.every((step) => step.verdict === 'equal');
  return { steps, firstDivergence, equal, digest: digestOf(steps as unknown as JsonValue) };
}

/** One line for each step that is not equal, naming the record. */
export const findingsOf = ({ steps }: Pick<FullReplay, 'steps'>): readonly string[] =>
  steps
    .filter((step) => step.verdict !== 'equal')
    .map(({ seq, direction, stepId, verdict, pointer, detail, expectedDigest, actualDigest }) => {
      const digests = actualDigest === null ? '' : ` (expected ${expectedDigest}, got ${actualDigest})`;
      const at = pointer === null ? '' : ` at ${pointer === '' ? 'its root' : pointer}`;
      return `seq ${seq}: ${direction}/${stepId} ${verdict}: ${detail}${at}${digests}`;
    });
