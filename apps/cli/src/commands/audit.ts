import type { ValidationReply } from '@intendant/client';
import { Command } from 'commander';
import { Exit } from '../exit-codes.js';
import type { Invocation } from '../invocation.js';
import { readStandardInput } from '../payload.js';
import type { Runner } from '../runner.js';
import { tableLines } from '../table.js';
import { verdictCell } from '../views/status-colour.js';

export const auditCommand = (runner: Runner): Command =>
  new Command('audit')
    .argument('<executions...>', 'execution ids, last, or - for ids from standard input')
    .description('check executions from their logs alone: complete, legal, allowed before it ran, digests, causes')
    .action(
      runner(async (run, given): Promise<Exit> => {
        const client = await run.client();
        let allValid = true;
        for (const executionId of await idsOf(run, given)) {
          const report = await client.validateExecution(executionId);
          allValid &&= report.valid;
          run.print({
            json: report,
            ids: () => (report.valid ? [] : [executionId]),
            table: () => reportLines(run, report),
          });
        }
        return allValid ? Exit.ok : Exit.notVerified;
      }),
    );

async function idsOf(run: Invocation, given: readonly string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const one of given) {
    if (one === '-')
      ids.push(
        ...(await readStandardInput())
          .toString()
          .split(/\s+/)
          .filter((id) => id !== ''),
      );
    else ids.push(await run.executionId(one));
  }
  return ids;
}

function reportLines({ palette }: Invocation, { executionId, valid, checks }: ValidationReply): string[] {
  const rows = checks.map(({ check, passed, seq, finding }) => [
    check,
    verdictCell(passed, palette),
    seq === null ? '' : String(seq),
    finding ?? '',
  ]);
  const verdict = valid ? palette.green('valid') : palette.red('NOT VALID');
  return [`${executionId}  ${verdict}`, ...tableLines(['CHECK', 'VERDICT', 'SEQ', 'FINDING'], rows, palette)];
}
