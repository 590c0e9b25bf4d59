import { Command } from 'commander';
import type { Runner } from '../runner.js';
import { sagaLines } from '../views/saga-view.js';

export const sagaCommand = (runner: Runner): Command =>
  new Command('saga')
    .argument('<execution>', 'execution id, or last')
    .description('show the steps of an execution and their undo')
    .action(
      runner(async (run, [given = '']) => {
        const saga = await (await run.client()).saga(await run.executionId(given));
        run.print({
          json: saga,
          ids: () => saga.steps.map(({ stepId }) => stepId),
          table: () => sagaLines(saga, run.palette),
        });
      }),
    );
