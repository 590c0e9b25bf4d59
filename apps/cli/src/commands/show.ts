import { Command } from 'commander';
import type { Invocation } from '../invocation.js';
import type { Runner } from '../runner.js';
import { decisionLines } from '../views/decision-view.js';
import { executionLines, refusalLines } from '../views/execution-view.js';

export const showCommand = (runner: Runner): Command =>
  new Command('show')
    .argument('<id>', 'execution id, refusal id, or last')
    .option('--decision', 'show why it was allowed')
    .description('show an execution, or what was refused')
    .action(
      runner(async (run, [id = ''], { decision }: { decision?: boolean }) => {
        if (id.startsWith('rfs_')) return showRefusal(run, id);
        const executionId = await run.executionId(id);
        return decision === true ? showDecision(run, executionId) : showExecution(run, executionId);
      }),
    );

async function showExecution(run: Invocation, executionId: string): Promise<void> {
  const execution = await (await run.client()).execution(executionId);
  run.print({
    json: execution,
    ids: () => [execution.executionId],
    table: () => executionLines(execution, run.palette),
  });
}

async function showDecision(run: Invocation, executionId: string): Promise<void> {
  const decision = await (await run.client()).decision(executionId);
  run.print({ json: decision, ids: () => [decision.decisionId], table: () => decisionLines(decision, run.palette) });
}

async function showRefusal(run: Invocation, refusalId: string): Promise<void> {
  const refusal = await (await run.client()).refusal(refusalId);
  run.print({ json: refusal, ids: () => [refusalId], table: () => refusalLines(refusal, run.palette) });
}
