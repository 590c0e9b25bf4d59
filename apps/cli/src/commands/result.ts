import { type ResultReply, StillRunning } from '@intendant/client';
import { Command } from 'commander';
import { seconds } from '../duration.js';
import { type Exit, exitOfExecution } from '../exit-codes.js';
import type { Invocation } from '../invocation.js';
import type { Runner } from '../runner.js';
import { resultLines } from '../views/result-view.js';

export const resultCommand = (runner: Runner): Command =>
  new Command('result')
    .argument('<execution>', 'execution id, or last')
    .option('--wait <duration>', 'how long to wait for it', seconds, 0)
    .description('show the outcome of an execution')
    .action(
      runner(async (run, [given = ''], { wait }: { wait: number }): Promise<Exit> => {
        const reply = await resultOf(run, await run.executionId(given), wait);
        run.print({
          json: reply,
          ids: () => (reply.result?.artifacts ?? []).map(({ artifactId }) => artifactId),
          table: () => resultLines(reply, run.palette),
        });
        return exitOfExecution(reply.status);
      }),
    );

async function resultOf(run: Invocation, executionId: string, waitS: number): Promise<ResultReply> {
  const client = await run.client();
  if (waitS === 0) return client.result(executionId);
  try {
    return await client.waitFor(executionId, { timeoutMs: waitS * 1_000 });
  } catch (failure) {
    if (failure instanceof StillRunning) return client.result(executionId);
    throw failure;
  }
}
