import { ProblemError, type ValidationReply } from '@intendant/client';
import { Command } from 'commander';
import { Exit } from '../exit-codes.js';
import { reportFailure } from '../failure-report.js';
import type { Invocation } from '../invocation.js';
import { readStandardInput } from '../payload.js';
import type { Runner } from '../runner.js';
import { tableLines } from '../table.js';
import { UsageError } from '../usage-error.js';
import { verdictCell } from '../views/status-colour.js';

export const auditCommand = (runner: Runner): Command =>
  new Command('audit')
    .argument('<executions...>', 'execution ids, last, or - for ids from standard input')
    .description('check executions from their logs alone: complete, legal, allowed before it ran, digests, causes')
    .action(
      runner(async (run, given): Promise<Exit> => {
        const ids = await idsOf(run, given);
        if (ids.length === 0) throw new UsageError('no execution to check: standard input names none');
        const exits: Exit[] = [];
        for (const [done, executionId] of ids.entries()) {
          try {
            exits.push(await audited(run, executionId));
          } catch (failure) {
            run.note(`${executionId} was not checked`);
            exits.push(reportFailure(failure, run.terminal, run.format, run.env));
            if (failure instanceof ProblemError) continue; // says nothing about the next one
            if (done + 1 < ids.length) run.note(`nor were the ${ids.length - done - 1} after it`);
            break;
          }
        }
        if (exits.includes(Exit.notVerified)) return Exit.notVerified;
        return exits.find((exit) => exit !== Exit.ok) ?? Exit.ok;
      }),
    );

async function audited(run: Invocation, executionId: string): Promise<Exit> {
  const report = await (await run.client()).validateExecution(executionId);
  run.print({
    json: report,
    ids: () => (report.valid ? [] : [executionId]),
    table: () => reportLines(run, report),
  });
  return report.valid ? Exit.ok : Exit.notVerified;
}

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
