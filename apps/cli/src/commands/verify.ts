import { type LogReport, verifyLog } from '@intendant/wal-sqlite';
import { Command } from 'commander';
import { Exit } from '../exit-codes.js';
import { logDirectoryOf } from '../log-directory.js';
import type { Runner } from '../runner.js';
import { listLines, tableLines } from '../table.js';
import type { Palette } from '../terminal.js';

const count = new Intl.NumberFormat('en');

export const verifyCommand = (runner: Runner): Command =>
  new Command('verify')
    .description('check the hash chains of the log on disk; needs no server, and none of its keys')
    .option('--full', 'also compare every index with its table')
    .action(
      runner(async (run, _args, { full }: { full?: boolean }): Promise<Exit> => {
        const onProgress = run.terminal.isInteractive
          ? (entries: number) => run.note(`${count.format(entries)} entries …`)
          : undefined;
        const report = await verifyLog(logDirectoryOf(run.dataDir), {
          pages: full === true ? 'full' : 'quick',
          onProgress,
        });
        run.print({
          json: report,
          ids: () => report.findings.map(({ place }) => place),
          table: () => reportLines(report, run.palette),
        });
        return report.ok ? Exit.ok : Exit.notVerified;
      }),
    );

function reportLines(report: LogReport, palette: Palette): string[] {
  const { ok, file, logId, isCopy, partitions, streams, entries, records, findingCount, findings } = report;
  const head = listLines(
    {
      log: file,
      [isCopy ? 'copy of log' : 'log id']: logId,
      partitions: count.format(partitions),
      streams: count.format(streams),
      entries: count.format(entries),
      records: count.format(records),
      verdict: ok ? ['every chain holds', palette.green] : [`${count.format(findingCount)} findings`, palette.red],
    },
    palette,
  );
  if (ok) return head;
  const rows = findings.map(({ place, finding }) => [place, [finding, palette.red] as const]);
  const more = findingCount > findings.length ? [`and ${count.format(findingCount - findings.length)} more`] : [];
  return [...head, '', ...tableLines(['WHERE', 'FINDING'], rows, palette), ...more];
}
