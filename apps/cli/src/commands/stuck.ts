import { Command } from 'commander';
import { wholeNumber } from '../duration.js';
import type { Runner } from '../runner.js';
import { tableLines } from '../table.js';

export const stuckCommand = (runner: Runner): Command =>
  new Command('stuck')
    .description('list executions that need a person, newest first')
    .option('--limit <n>', 'how many at most', wholeNumber)
    .option('--cursor <cursor>', 'go on where an earlier page ended')
    .action(
      runner(async (run, _args, { limit, cursor }: { limit?: number; cursor?: string }) => {
        const page = await (await run.client()).stuck({
          ...(limit === undefined ? {} : { limit }),
          ...(cursor === undefined ? {} : { cursor }),
        });
        run.print({
          json: page,
          ids: () => page.stuck.map(({ executionId }) => executionId),
          table: () =>
            tableLines(
              ['EXECUTION', 'INTENT', 'STATUS', 'STEP', 'OWNER', 'SINCE', 'REASON'],
              page.stuck.map(({ executionId, intentType, status, stepId, owner, since, reason }) => [
                executionId,
                intentType,
                status,
                stepId,
                owner,
                since,
                reason,
              ]),
              run.palette,
            ),
        });
        if (page.nextCursor !== null && run.format !== 'json') run.note(`more with --cursor ${page.nextCursor}`);
      }),
    );
