import { isSettledStatus, StillRunning, type Submitted, WAIT_S_MAX } from '@intendant/client';
import { Command } from 'commander';
import { seconds } from '../duration.js';
import { type Exit, exitOfExecution } from '../exit-codes.js';
import type { Invocation } from '../invocation.js';
import { asOneCall } from '../one-call.js';
import type { Runner } from '../runner.js';
import { submittedLines } from '../views/result-view.js';
import { type IntentOptions, intentOf, takingAnIntent } from './intent-arguments.js';

const USUAL_WAIT_S = 30;

export const submitCommand = (runner: Runner): Command =>
  takingAnIntent(new Command('submit'))
    .description('submit an intent, and wait for what comes of it')
    .option('--key <key>', 'idempotency key: the same key again gives the same execution; a fresh one unless told')
    .option('--wait <duration>', 'how long to wait for the result; 0 not at all', seconds, USUAL_WAIT_S)
    .action(
      runner(async (run, args, options: IntentOptions & { key?: string; wait: number }): Promise<Exit> => {
        const client = await run.client();
        const intent = await intentOf(run, args, options);
        const waitS = Math.min(options.wait, WAIT_S_MAX);
        const settled = await asOneCall(run, '--key', options.key, async (idempotencyKey) => {
          const submitted = await client.submit(intent, { idempotencyKey, waitS });
          (await run.memory()).rememberExecution(submitted.execution.executionId);
          return waitedFor(run, submitted, options.wait - WAIT_S_MAX);
        });
        run.print({
          json: settled.execution,
          ids: () => [settled.execution.executionId],
          table: () => submittedLines(settled, run.palette),
        });
        return exitOfExecution(settled.execution.status);
      }),
    );

/** The server waits for a minute; the rest of a longer wait is ours. */
async function waitedFor(run: Invocation, submitted: Submitted, restS: number): Promise<Submitted> {
  const { executionId, status } = submitted.execution;
  if (isSettledStatus(status) || restS <= 0) return submitted;
  try {
    const execution = await (await run.client()).waitFor(executionId, { timeoutMs: restS * 1_000 });
    return { ...submitted, execution };
  } catch (failure) {
    if (failure instanceof StillRunning) return submitted;
    throw failure;
  }
}
