import type { ReadModelReply } from '@intendant/client';
import { Command } from 'commander';
import type { Invocation } from '../invocation.js';
import type { Runner } from '../runner.js';
import { listLines, tableLines } from '../table.js';

export function readModelCommand(runner: Runner): Command {
  const command = new Command('read-model').description('see how far lists are behind the log, and make them anew');
  command
    .command('status')
    .description('show how far lists are, and whether they are being made anew')
    .action(
      runner(async (run) => {
        const status = await (await run.client()).readModel();
        run.print({
          json: status,
          ids: () =>
            status.partitions.filter(({ lagEntries }) => lagEntries > 0).map(({ partition }) => String(partition)),
          table: () => statusLines(run, status),
        });
      }),
    );
  command
    .command('rebuild')
    .description('have every list made anew from the log; lists are answered meanwhile')
    .action(
      runner(async (run) => {
        const reply = await (await run.client()).rebuildReadModel();
        run.print({ json: reply, ids: () => [], table: () => ['asked for; see `intendant read-model status`'] });
      }),
    );
  return command;
}

function statusLines({ palette }: Invocation, status: ReadModelReply): string[] {
  const { connected, problem, active, rebuilding, partitions, halted } = status;
  const head = listLines(
    {
      connected: connected ? 'yes' : ['no', palette.red],
      problem,
      projector: active ? 'of this Runtime' : 'of another replica, or none',
      rebuilding: rebuilding ? 'yes' : 'no',
    },
    palette,
  );
  const rows = partitions.map(({ partition, logPosition, position, lagEntries, rebuiltPosition }) => [
    String(partition),
    String(logPosition),
    String(position),
    String(lagEntries),
    rebuiltPosition === null ? '' : String(rebuiltPosition),
    halted.find((one) => one.partition === partition)?.finding ?? '',
  ]);
  return [...head, '', ...tableLines(['PARTITION', 'LOG', 'LISTS', 'LAG', 'REBUILT', 'HALTED'], rows, palette)];
}
